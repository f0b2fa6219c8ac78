//! A gateway under a Unix user who may read the store and not write it.
//!
//! The reader is a process of its own: this test program again, as user `nobody` where the tests run as
//! root. Where they don't, the folder and its files lose their write permission once the writer has them
//! open, which comes to the same for whoever opens them after that.

use std::{
    fs::{self, Permissions},
    io::{BufRead, BufReader, Write},
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use feature_model::Value;
use online_store::{OnlineWriter, open_reader, open_writer};
use settings::{OnlineStore, SqliteStore};

use crate::{
    rows::{batch, driver, try_read, view},
    store::project_name,
};

const NOBODY: u32 = 65534;
const DATABASE: &str = "ONLINE_STORE_TEST_DATABASE";
const DRIVERS: i64 = 50;

fn store(path: PathBuf) -> OnlineStore {
    OnlineStore::Sqlite(SqliteStore {
        path,
        timezone: "UTC".to_owned(),
    })
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// A folder that everybody may read, with a copy of this program that everybody may run.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        fs::copy(
            std::env::current_exe().unwrap(),
            folder.path().join("program"),
        )
        .unwrap();
        Self { folder }
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("data/online.db")
    }

    /// From now on only those who have the files open may write.
    fn forbid_writing(&self) {
        if is_root() {
            return;
        }
        for entry in fs::read_dir(self.folder.path().join("data")).unwrap() {
            fs::set_permissions(entry.unwrap().path(), Permissions::from_mode(0o444)).unwrap();
        }
        self.set_folder(0o555);
    }

    fn allow_writing(&self) {
        self.set_folder(0o755);
        for entry in fs::read_dir(self.folder.path().join("data")).unwrap() {
            fs::set_permissions(entry.unwrap().path(), Permissions::from_mode(0o644)).unwrap();
        }
    }

    fn set_folder(&self, mode: u32) {
        let data = self.folder.path().join("data");
        fs::set_permissions(data, Permissions::from_mode(mode)).unwrap();
    }

    fn child(&self, name: &str) -> Command {
        let mut command = Command::new(self.folder.path().join("program"));
        command
            .args(["--ignored", "--exact", "--nocapture", "--test-threads=1"])
            .arg(format!("sqlite::read_only_user::{name}"))
            .env(DATABASE, self.database())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        command
    }

    fn reader(&self) -> Reader {
        let mut command = self.child("reading_process");
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        Reader::spawn(command)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.set_folder(0o755);
    }
}

/// The reading process: one line in, one line out.
struct Reader {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Reader {
    fn spawn(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        Self {
            questions: child.stdin.take().expect("it was asked for"),
            answers: BufReader::new(child.stdout.take().expect("it was asked for")),
            child,
        }
    }

    fn ask(&mut self) -> String {
        self.questions.write_all(b"read\n").unwrap();
        next_answer(&mut self.answers).expect("the reader lives")
    }
}

/// The test harness of the child prints lines of its own.
fn next_answer(lines: &mut impl BufRead) -> Option<String> {
    lines
        .lines()
        .map_while(Result::ok)
        .find_map(|line| Some(line.split_once("answer: ")?.1.to_owned()))
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Answers each line with what it reads: the time that all rows have, or what is wrong.
#[tokio::test]
#[ignore = "the reading process of the tests below"]
async fn reading_process() {
    let database = PathBuf::from(std::env::var_os(DATABASE).unwrap());
    assert!(is_read_only(&database), "this process may write");
    let reader = open_reader(&store(database), &project_name("prj"))
        .await
        .unwrap();
    let keys: Vec<Vec<u8>> = (0..DRIVERS).map(driver).collect();
    for _ in std::io::stdin().lines() {
        let answer = match try_read(&*reader, &view("prj", "stats", &["a"]), &keys).await {
            Err(error) => error.to_string(),
            Ok(rows) => {
                let mut times: Vec<_> = rows
                    .iter()
                    .map(|row| row.as_ref().map(|row| row.0.seconds()))
                    .collect();
                times.dedup();
                format!("{times:?}")
            }
        };
        println!("\nanswer: {answer}");
    }
}

fn is_read_only(database: &Path) -> bool {
    let folder = database.parent().expect("it is in a folder");
    fs::write(folder.join("probe"), "").is_err()
        && fs::OpenOptions::new().append(true).open(database).is_err()
}

/// Writes batch after batch until it is killed.
#[tokio::test]
#[ignore = "the writing process of the tests below"]
async fn writing_process() {
    let database = PathBuf::from(std::env::var_os(DATABASE).unwrap());
    let writer = open_writer(&store(database), &project_name("prj"))
        .await
        .unwrap();
    for time in 1.. {
        write_all(&*writer, time).await;
        println!("\nanswer: {time}");
    }
}

async fn write_all(writer: &dyn OnlineWriter, time: i64) {
    let time = feature_model::Timestamp::from_seconds(time);
    let rows = (0..DRIVERS).map(|id| (driver(id), time, vec![Value::Int64(id)]));
    let stats = view("prj", "stats", &["a"]);
    writer.write(&stats, batch(rows.collect())).await.unwrap();
}

#[tokio::test]
async fn reads_before_during_and_after_a_materialization() {
    let place = Place::new();
    let writer = open_writer(&store(place.database()), &project_name("prj"))
        .await
        .unwrap();
    writer.prepare(&view("prj", "stats", &["a"])).await.unwrap();
    place.forbid_writing();
    let mut early = place.reader();
    assert_eq!(early.ask(), "[None]");
    for time in 1..=20 {
        write_all(&*writer, time).await;
        assert_eq!(early.ask(), format!("[Some({time})]"));
        if time == 10 {
            assert_eq!(place.reader().ask(), "[Some(10)]");
        }
    }
    drop(writer);
    assert_eq!(early.ask(), "[Some(20)]");
    assert_eq!(place.reader().ask(), "[Some(20)]");
    drop(early);
    // Nobody has the file open now, neither to read nor to write.
    assert_eq!(place.reader().ask(), "[Some(20)]");
}

#[tokio::test]
async fn reads_on_after_the_writer_was_killed() {
    let place = Place::new();
    let mut writing = Reader::spawn(place.child("writing_process"));
    let first = next_answer(&mut writing.answers).unwrap();
    assert_eq!(first, "1");
    place.forbid_writing();
    let mut early = place.reader();
    let seen = |answer: String| -> i64 {
        let number = answer
            .strip_prefix("[Some(")
            .and_then(|rest| rest.strip_suffix(")]"));
        number
            .unwrap_or_else(|| panic!("{answer}"))
            .parse()
            .unwrap()
    };
    assert!(seen(early.ask()) >= 1);
    let written: i64 = (0..30)
        .filter_map(|_| next_answer(&mut writing.answers))
        .last()
        .unwrap()
        .parse()
        .unwrap();
    drop(writing);
    assert!(seen(early.ask()) >= written);
    assert!(seen(place.reader().ask()) >= written);
}

/// Feast's connections don't keep the log; what helps is said.
#[tokio::test]
async fn says_what_to_do_when_another_program_took_the_log_away() {
    let place = Place::new();
    let writer = open_writer(&store(place.database()), &project_name("prj"))
        .await
        .unwrap();
    write_all(&*writer, 1).await;
    drop(writer);
    let feast = rusqlite::Connection::open(place.database()).unwrap();
    feast
        .execute("UPDATE prj_stats SET value_text = ''", [])
        .unwrap();
    drop(feast);
    place.forbid_writing();
    let mut reader = place.reader();
    let answer = reader.ask();
    assert!(answer.contains("`-wal` file is gone"), "{answer}");
    assert!(answer.contains("`registry-admin materialize`"), "{answer}");
    place.allow_writing();
    let writer = open_writer(&store(place.database()), &project_name("prj"))
        .await
        .unwrap();
    write_all(&*writer, 2).await;
    place.forbid_writing();
    assert_eq!(reader.ask(), "[Some(2)]");
}
