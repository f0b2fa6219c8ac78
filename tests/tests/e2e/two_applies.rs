//! Two people apply at once.

use std::time::Duration;

use e2e::{Outcome, Repo, feast};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(120);
const FAILED: i32 = 1;

fn ttl(repo: &Repo) -> Value {
    let dump = repo.admin(["registry-dump"]).run().succeeds().json();
    dump["featureViews"][0]["spec"]["ttl"].clone()
}

/// Saves a plan that gives the view another ttl, and leaves the files as they were.
fn saved_plan(repo: &Repo, ttl: &str) -> String {
    let file = format!("{ttl}.plan");
    repo.replace(
        "features/feature_views.yaml",
        "ttl: 1d",
        &format!("ttl: {ttl}"),
    );
    let _ = repo.admin(["plan", "--out", &file]).run().succeeds();
    repo.replace(
        "features/feature_views.yaml",
        &format!("ttl: {ttl}"),
        "ttl: 1d",
    );
    file
}

fn refused(outcome: Outcome) -> Outcome {
    outcome
        .exits(FAILED)
        .complains("registry has moved")
        .complains("written at")
}

#[test]
fn a_saved_plan_that_somebody_edited_is_refused() {
    let repo = Repo::init();
    let _ = repo.admin(["apply"]).run().succeeds();
    let plan = saved_plan(&repo, "2d");
    repo.replace(&plan, "\"after\": \"2d\"", "\"after\": \"9d\"");
    let refused = repo.admin(["apply", &plan]).run().exits(FAILED);
    let _ = refused.complains("was changed after it was saved");
}

/// It says that there is nothing to do, which may not be so any more.
#[test]
fn a_saved_plan_without_changes_is_refused_when_the_registry_moved() {
    let repo = Repo::init();
    let _ = repo.admin(["apply"]).run().succeeds();
    let _ = repo.admin(["plan", "--out", "none.plan"]).run().succeeds();
    let plan = saved_plan(&repo, "2d");
    let _ = repo.admin(["apply", &plan]).run().succeeds();
    let refused = repo.admin(["apply", "none.plan"]).run().exits(FAILED);
    let _ = refused.complains("registry has moved");
}

#[test]
fn one_of_two_saved_plans_wins_and_the_other_is_told_who_was_first() {
    let repo = Repo::init();
    let _ = repo.admin(["apply"]).run().succeeds();
    let plans = ["2d", "3d"].map(|ttl| saved_plan(&repo, ttl));
    let running = plans
        .each_ref()
        .map(|plan| repo.admin(["apply", plan]).start());
    let outcomes = running.map(|running| running.wait(PATIENCE));
    let (won, lost): (Vec<_>, Vec<_>) = outcomes
        .into_iter()
        .zip(["172800s", "259200s"])
        .partition(|(outcome, _)| outcome.code == Some(0));
    assert_eq!((won.len(), lost.len()), (1, 1), "{won:?} {lost:?}");
    assert_eq!(ttl(&repo), won[0].1);
    for (outcome, _) in lost {
        let _ = refused(outcome).complains("by registry-admin");
    }
}

#[test]
fn a_saved_plan_is_refused_when_feast_has_been_there() {
    let repo = Repo::init();
    repo.write(
        "definitions.py",
        include_str!("../../feast/driver_definitions.py"),
    );
    let _ = repo.admin(["apply"]).run().succeeds();
    let plan = saved_plan(&repo, "2d");
    let _ = feast::cli(repo.path(), ["apply"]).run().succeeds();
    let _ = refused(repo.admin(["apply", &plan]).run()).complains("Feast");
    assert_eq!(ttl(&repo), "86400s");
}

#[test]
fn of_many_applies_at_once_each_is_whole_or_refused() {
    let repo = Repo::init();
    let running: Vec<_> = (0..4).map(|_| repo.admin(["apply"]).start()).collect();
    let outcomes: Vec<_> = running
        .into_iter()
        .map(|running| running.wait(PATIENCE))
        .collect();
    let mut won = 0;
    for outcome in outcomes {
        if outcome.code == Some(0) {
            won += 1;
        } else {
            let _ = refused(outcome);
        }
    }
    assert!(won >= 1);
    let plan = repo.admin(["plan", "--detailed-exitcode"]).run();
    let _ = plan.exits(0);
}
