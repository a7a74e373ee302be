"""Each kind that can be listed has its Table, its bare metadata, and a watch of both."""

from steersman.api import resources
from steersman.kit import http
from unit.apiserver.serving import TABLE, Api

PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
LISTED = [each for each in resources.BUILTIN.all() if "list" in each.verbs]


def path(resource: resources.Resource) -> str:
    return resources.collection_path(resource, "default")


async def test_as_a_table_and_as_metadata(api: Api) -> None:
    for resource in LISTED:
        code, table = await api.call("GET", path(resource), headers={"accept": TABLE})
        assert (code, table["kind"], table["apiVersion"]) == (200, "Table", "meta.k8s.io/v1"), resource.name
        columns = table["columnDefinitions"]
        assert columns[0]["name"] == "Name" or resource.kind == "Event", resource.name
        assert all(set(each) == {"name", "type", "format", "description", "priority"} for each in columns)
        extra = resource.kind == "IPAddress"  # the reference prints an age that it has no column for
        assert all(len(row["cells"]) == len(columns) + extra for row in table["rows"]), resource.name
        code, bare = await api.call("GET", path(resource), headers={"accept": PARTIAL_LIST})
        assert (code, bare["kind"], len(bare["items"])) == (200, "PartialObjectMetadataList", len(table["rows"]))
        assert all(set(each) <= {"kind", "apiVersion", "metadata"} for each in bare["items"])


async def test_not_as_what_it_is_not(api: Api) -> None:
    for resource in LISTED:
        code, body = await api.call("GET", path(resource), headers={"accept": PARTIAL})
        assert (code, body["reason"]) == (406, "NotAcceptable"), resource.name
        code, _ = await api.call("GET", path(resource), headers={"accept": "text/csv"})
        assert code == 406, resource.name
        code, _ = await api.call("GET", f"{path(resource)}?includeObject=Some", headers={"accept": TABLE})
        assert code == 400, resource.name


async def test_by_a_watch(api: Api) -> None:
    for resource in LISTED:
        if "watch" not in resource.verbs:
            continue
        for accept in (TABLE, PARTIAL):
            answer = await api.send("GET", f"{path(resource)}?watch=true", headers={"accept": accept})
            assert isinstance(answer, http.Stream), resource.name
            assert (answer.status, answer.content_type) == (200, "application/json")
            await answer.aclose()
