"""The records of columns in transform.wit: those of the component, or equal ones for tests outside of it."""

from __future__ import annotations

try:
    from wit_world.exports.transforms import Computed  # type: ignore[import-not-found]
    from wit_world.imports.columns import (  # type: ignore[import-not-found]
        Array,
        Batch,
        Blobs,
        Lists,
        Maps,
        Mixed,
        ScalarMaps,
        StructMember,
        Structs,
        Values_Boolean,
        Values_Bytes,
        Values_Decimal,
        Values_Float32,
        Values_Float64,
        Values_Int32,
        Values_Int64,
        Values_Json,
        Values_List,
        Values_Map,
        Values_Mixed,
        Values_ScalarMap,
        Values_Set,
        Values_Struct,
        Values_Text,
        Values_TimeUuid,
        Values_UnixTimestamp,
        Values_Uuid,
        Values_ZonedTimestamp,
        ZonedTimestamps,
    )
except ImportError:
    from dataclasses import make_dataclass

    def _record(name: str, *fields: str) -> type:
        return make_dataclass(name, fields)

    Array = _record("Array", "validity", "values")
    Batch = _record("Batch", "columns", "children")
    Blobs = _record("Blobs", "offsets", "data")
    Computed = _record("Computed", "names", "columns")
    Lists = _record("Lists", "offsets", "elements")
    Maps = _record("Maps", "offsets", "keys", "values")
    Mixed = _record("Mixed", "choices", "positions", "alternatives")
    ScalarMaps = _record("ScalarMaps", "offsets", "keys", "values")
    StructMember = _record("StructMember", "name", "values")
    Structs = _record("Structs", "length", "members")
    ZonedTimestamps = _record("ZonedTimestamps", "seconds", "zones")
    Values_Boolean = _record("Values_Boolean", "value")
    Values_Bytes = _record("Values_Bytes", "value")
    Values_Decimal = _record("Values_Decimal", "value")
    Values_Float32 = _record("Values_Float32", "value")
    Values_Float64 = _record("Values_Float64", "value")
    Values_Int32 = _record("Values_Int32", "value")
    Values_Int64 = _record("Values_Int64", "value")
    Values_Json = _record("Values_Json", "value")
    Values_List = _record("Values_List", "value")
    Values_Map = _record("Values_Map", "value")
    Values_Mixed = _record("Values_Mixed", "value")
    Values_ScalarMap = _record("Values_ScalarMap", "value")
    Values_Set = _record("Values_Set", "value")
    Values_Struct = _record("Values_Struct", "value")
    Values_Text = _record("Values_Text", "value")
    Values_TimeUuid = _record("Values_TimeUuid", "value")
    Values_UnixTimestamp = _record("Values_UnixTimestamp", "value")
    Values_Uuid = _record("Values_Uuid", "value")
    Values_ZonedTimestamp = _record("Values_ZonedTimestamp", "value")
