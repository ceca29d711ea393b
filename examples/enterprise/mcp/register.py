"""A register of companies; a stand-in for a service of your own."""
from awp.tools import tool

KNOWN = {"acme": "HRB 1234", "globex": "HRB 5678"}


@tool("register.lookup", secrets=["REGISTER_KEY"])
async def lookup(name: str) -> dict:
    """Looks a company up in the register."""
    number = KNOWN.get(name.strip().lower())
    return {"found": number is not None, "number": number or ""}
