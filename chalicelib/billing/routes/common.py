"""The blueprint of this feature's routes."""

from chalice.app import Blueprint

blueprint = Blueprint(__name__)
