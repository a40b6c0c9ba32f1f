"""How many digits a currency has behind the point, by list one of ISO 4217.

That list is kept at https://www.six-group.com/en/products-services/financial-information/data-standards.html. Nearly
all have two. The others are few and hardly change, so a table of them is less than a library: Babel follows CLDR, which
for some of them has the digits that are in use and not those of ISO 4217, such as none for IQD.
"""

from collections.abc import Mapping
from typing import Final

_USUAL: Final = 2
_OTHERS: Final[Mapping[int, str]] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
# Signs that stand for one of these alone, or nearly so: a yuan is written CNY.
_SIGNS: Final[Mapping[str, str]] = {"¥": "JPY", "￥": "JPY", "₩": "KRW", "₫": "VND", "₲": "PYG"}
_DIGITS: Final = {code: digits for digits, codes in _OTHERS.items() for code in codes.split()}


def currency_digits(currency: str) -> int:
    """Return how many digits an amount in `currency`, a code of three letters or a sign, has behind the point."""
    return _DIGITS.get(_SIGNS.get(currency, currency), _USUAL)
