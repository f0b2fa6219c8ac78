"""What Feast's SDK says of the permissions of a repository's registry.

in:  nothing
out: [{name, types, name_patterns, required_tags, actions, policy, tags}], by name; the policy is its class and
     its names
"""

from feast import FeatureStore

from feast_json import read_input, write_output


def described(permission):
    policy = permission.policy
    return {
        "name": permission.name,
        "types": sorted(one.__name__ for one in permission.types),
        "name_patterns": permission.name_patterns,
        "required_tags": permission.required_tags,
        "actions": sorted(action.value for action in permission.actions),
        "policy": [type(policy).__name__, vars(policy)],
        "tags": permission.tags,
    }


read_input()
store = FeatureStore(repo_path=".")
permissions = sorted(store.list_permissions(), key=lambda permission: permission.name)
write_output([described(permission) for permission in permissions])
