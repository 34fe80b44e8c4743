"""What all routes of this feature are registered with."""

from chalice.app import Blueprint

blueprint = Blueprint(__name__)
