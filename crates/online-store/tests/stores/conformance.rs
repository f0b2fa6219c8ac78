//! What every online store does. Each case is a function of a fresh store, and a test of both. A Redis Cluster takes
//! seconds to start, so that one goes through all cases of a module.

mod reading;
mod removal;
mod values;
mod write_if_newer;

macro_rules! for_both_stores {
    ($($case:ident),* $(,)?) => {
        mod redis {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$case(&crate::store::Store::redis()).await;
                }
            )*
        }
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn cluster() {
            let store = crate::store::Store::cluster();
            $(
                println!("{}", stringify!($case));
                $case(&store).await;
                store.flush();
            )*
        }
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$case(&crate::store::Store::sqlite()).await;
                }
            )*
        }
    };
}
pub(crate) use for_both_stores;
