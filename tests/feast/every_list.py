"""Calls every `list_*` of Feast's SDK that needs no more than the project, on the repository in the current
folder, and of its registry too.

in:  {}
out: {"store": {method: [names]}, "registry": {method: [names]}}; a method that raises fails the program
"""

import inspect

from feast import FeatureStore

from feast_json import read_input, write_output


def callable_with(method, known):
    parameters = inspect.signature(method).parameters.values()
    required = {it.name for it in parameters if it.default is inspect.Parameter.empty}
    return required <= known


def names(objects):
    return sorted(getattr(it, "name", None) or getattr(it, "project_name", str(it)) for it in objects)


def every_list(target, arguments):
    told = {}
    for name in (name for name in dir(target) if name.startswith("list_")):
        method = getattr(target, name)
        if callable_with(method, set(arguments)):
            taken = inspect.signature(method).parameters
            told[name] = names(method(**{key: arguments[key] for key in arguments if key in taken}))
    return told


read_input()
store = FeatureStore(repo_path=".")
write_output(
    {
        "store": every_list(store, {}),
        "registry": every_list(store.registry, {"project": store.project}),
    }
)
