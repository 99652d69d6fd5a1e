from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sandbox.errors import InputError
from sandbox.permissions import (
    Constraint,
    Grant,
    Ledger,
    Limit,
    Permissions,
    load_permissions,
    parse_permissions,
)
from sandbox.schema import Parameter, ScopeType
from sandbox.timestep import Requirement

SCOPES = {
    "flights.book": ScopeType("flights.book", "", "", {"price": Parameter("integer", "USD")}),
    "payment.charge": ScopeType("payment.charge", "", "USD"),
    "inbox.read": ScopeType("inbox.read", ""),
}

GRANTS = st.builds(
    Grant,
    scope=st.just("s"),
    constraints=st.lists(
        st.builds(
            Constraint,
            st.just("price"),
            st.sampled_from([Limit.MAX, Limit.MIN]),
            st.tuples(st.integers(0, 9)),
        ),
        max_size=2,
    ).map(tuple),
    budget=st.none() | st.integers(0, 9),
    expires_after=st.none() | st.integers(0, 9),
)


@given(GRANTS, GRANTS, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_a_restricted_grant_allows_exactly_what_both_allow(
    one: Grant, two: Grant, price: int, amount: int, step: int
) -> None:
    uses = (Requirement("s", amount, (("price", price),)),)

    def allows(grant: Grant) -> bool:
        return Ledger(Permissions({"s": grant})).check(uses, step).allowed

    assert allows(one.restrict(two)) == (allows(one) and allows(two))


def test_what_is_not_granted_is_refused() -> None:
    check = Ledger(Permissions()).check((Requirement("inbox.read"),), 0)
    assert not check.allowed
    assert check.reason == "inbox.read is not granted"


class Budgets(RuleBasedStateMachine):
    """Law 9: a budget counts once, whatever is reserved, spent and given back in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(Permissions({"s": Grant("s", budget=10)}))
        self.held: dict[str, int] = {}
        self.spent = 0
        self.extra = 0
        self.number = 0

    @rule(amount=st.integers(0, 6))
    def reserve(self, amount: int) -> None:
        self.number += 1
        key = str(self.number)
        fits = self.spent + sum(self.held.values()) + amount <= 10 + self.extra
        assert self.ledger.reserve(key, (Requirement("s", amount),), 0).allowed == fits
        if fits:
            self.held[key] = amount

    @rule(pick=st.integers(0, 100))
    def spend(self, pick: int) -> None:
        if self.held:
            key = sorted(self.held)[pick % len(self.held)]
            self.ledger.spend(key)
            self.spent += self.held.pop(key)

    @rule(pick=st.integers(0, 100))
    def release(self, pick: int) -> None:
        if self.held:
            key = sorted(self.held)[pick % len(self.held)]
            self.ledger.release(key)
            self.held.pop(key)

    @rule(amount=st.integers(1, 3))
    def widen(self, amount: int) -> None:
        self.ledger.widen("s", amount)
        self.extra += amount

    @invariant()
    def counts_once(self) -> None:
        assert self.ledger.used("s") == self.spent
        assert self.ledger.pending("s") == sum(self.held.values())
        left = self.ledger.left("s")
        assert left == 10 + self.extra - self.spent - sum(self.held.values())
        assert left is not None
        assert left >= 0


TestBudgetsCountOnce = Budgets.TestCase


def test_two_pending_requests_cannot_both_hold_the_last_unit() -> None:
    ledger = Ledger(Permissions({"s": Grant("s", budget=1, unit="seats")}))
    assert ledger.reserve("one", (Requirement("s", 1),), 0).allowed
    assert not ledger.reserve("two", (Requirement("s", 1),), 0).allowed
    ledger.release("one")
    assert ledger.reserve("two", (Requirement("s", 1),), 0).allowed


def test_a_negative_amount_cannot_refill_a_budget() -> None:
    ledger = Ledger(Permissions({"s": Grant("s", budget=1)}))
    assert not ledger.reserve("one", (Requirement("s", -5),), 0).allowed


def test_a_grant_expires_in_steps() -> None:
    ledger = Ledger(Permissions({"s": Grant("s", expires_after=3)}))
    assert ledger.check((Requirement("s"),), 2).allowed
    assert not ledger.check((Requirement("s"),), 3).allowed


def test_a_permissions_file_is_read_as_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "grants.toml"
    file.write_text(
        '[grants."flights.book"]\nmax_price = 400\n'
        '[grants."payment.charge"]\nbudget = 600\nunit = "USD"\nexpires_after = 20\n'
        '[grants."inbox.read"]\n'
    )
    read = load_permissions(file, SCOPES)
    assert read.lines() == (
        "flights.book: max_price = 400",
        "payment.charge: budget 600 USD, expires after step 20",
        "inbox.read",
    )


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"grant": {}}, ["unknown key 'grant'"]),
        ({"grants": {"flights.bok": {}}}, ["flights.bok", "did you mean 'flights.book'"]),
        ({"grants": {"flights.book": {"max_prise": 1}}}, ["max_prise", "'max_price'"]),
        ({"grants": {"flights.book": {"max_price": math.nan}}}, ["max_price", "nan"]),
        ({"grants": {"flights.book": {"max_price": "4"}}}, ["max_price", "must be integer"]),
        ({"grants": {"payment.charge": {"budget": -1, "unit": "USD"}}}, ["budget", "-1"]),
        ({"grants": {"payment.charge": {"budget": True, "unit": "USD"}}}, ["budget", "True"]),
        ({"grants": {"payment.charge": {"budget": 1, "unit": "EUR"}}}, ["'USD'", "'EUR'"]),
        ({"grants": {"payment.charge": {"budget": 1}}}, ["unit = 'USD'"]),
        ({"grants": {"payment.charge": 5}}, ["must be a table"]),
    ],
)
def test_a_wrong_key_is_one_line_that_names_file_and_key(
    table: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        parse_permissions(table, SCOPES, "grants.toml")
    text = str(caught.value)
    assert text.startswith("grants.toml")
    assert "\n" not in text
    for word in words:
        assert word in text


def test_a_file_that_is_not_toml_says_so(tmp_path: Path) -> None:
    file = tmp_path / "grants.toml"
    file.write_text("[grants")
    with pytest.raises(InputError, match="is not TOML"):
        load_permissions(file, SCOPES)
    with pytest.raises(InputError, match="cannot be read"):
        load_permissions(tmp_path / "none.toml", SCOPES)
