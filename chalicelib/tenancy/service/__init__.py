"""The use cases of clients and projects."""

from chalicelib.tenancy.service.cycles import delete_cycle, due_rule, stay_with_cycle
from chalicelib.tenancy.service.projects import (
    add_project,
    change_client,
    change_project,
    client_key,
    client_of,
    close_project,
    directory,
    find_client,
    get_client,
    get_project,
    is_open,
    list_former,
    list_projects,
    open_client,
    open_project,
    reopen_project,
)

__all__ = [
    "add_project",
    "change_client",
    "change_project",
    "client_key",
    "client_of",
    "close_project",
    "delete_cycle",
    "directory",
    "due_rule",
    "find_client",
    "get_client",
    "get_project",
    "is_open",
    "list_former",
    "list_projects",
    "open_client",
    "open_project",
    "reopen_project",
    "stay_with_cycle",
]
