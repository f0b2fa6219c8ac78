use super::*;
use crate::{DataType, Entity};

fn project(entity: Entity) -> Project {
    Project {
        entities: [(entity.name.clone(), entity)].into(),
        ..Project::default()
    }
}

fn driver() -> Entity {
    Entity {
        name: "driver".to_owned(),
        join_key: "driver_id".to_owned(),
        value_type: DataType::Int64,
        description: String::new(),
        tags: crate::Tags::new(),
        owner: String::new(),
    }
}

#[test]
fn what_is_declared_and_not_stored_is_created() {
    let plan = plan(
        &Project::default(),
        &project(driver()),
        &BTreeSet::new(),
        false,
    );
    assert_eq!(
        plan.changes,
        [Change {
            object: ObjectId::new(ObjectKind::Entity, "driver"),
            action: Action::Create
        }]
    );
}
