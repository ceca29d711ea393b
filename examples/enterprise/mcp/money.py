"""Currencies at fixed rates; a stand-in for a service of your own."""
from awp.tools import tool

RATES = {"EUR": 1.0, "USD": 1.08, "CHF": 0.94}


@tool("money.convert")
async def convert(amount: float, source: str, target: str) -> dict:
    """Converts an amount of money."""
    return {"amount": round(amount / RATES[source] * RATES[target], 2), "currency": target}
