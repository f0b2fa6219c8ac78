//! What every online store does. Each case is a function of a fresh store, and a test of both.

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
