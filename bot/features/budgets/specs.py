"""The commands about budgets."""

from typing import Final

from bot.domain.commands.arguments import LISTED
from bot.domain.commands.spec import Argument, CommandSpec, Help, Role, Source, button, typed
from bot.features.budgets.words import read_grant, read_number, read_set

# What people type that nobody can read, or before the word `budget`.
_WORDS: Final = (
    "org organization each-person each-channel each-session person channel session user budget limit acu "
    "acus more set raise increase lower organisation"
)
_AROUND: Final = frozenset({*_WORDS.split(), "team", "repo", "repository"})
BUDGET: Final = Argument(
    "org|#channel|@person|team:NAME|repo:OWNER/NAME|each-session|each-person|each-channel ACUs "
    "[a day|a week|a month|a cycle] [warn 50,80]",
    read_set,
    around=_AROUND,
)
TRIED: Final = Argument("…", read_set)  # as it is set
GRANT: Final = Argument("org|#channel|@person|team:…|repo:…|each-… ACUs", read_grant, around=_AROUND)
BUDGET_NUMBER: Final = Argument("N", read_number)
# Everybody sees the budgets that hold for them, admins see all.
BUDGET_LIST: Final = CommandSpec(
    "budget_list",
    source=Source.NOTHING,
    ways=typed("budget list", LISTED),
    slash_help=Help("`/devin budget list` shows the budgets that apply to you here"),
)
BUDGET_SET: Final = CommandSpec(
    "budget_set",
    source=Source.NOTHING,
    ways=typed("budget set", BUDGET),
    role=Role.ADMIN,
    admins_can="change budgets",
    asks_first=True,
    meant_by=("limit", "raise"),
    opens_form=True,  # where nothing stands behind it
    examples=("org 500 a month", "each-person 20 a week", "each-session 10"),
    slash_help=Help(f"`/devin budget set {BUDGET.shown}` sets a budget (asks you to confirm)"),
)
# The choice to set it.
BUDGET_SET_CONFIRMED: Final = CommandSpec(
    "budget_set_confirmed", source=Source.NOTHING, ways=(), role=Role.ADMIN, admins_can="change budgets", urgent=True
)
# *Undo* below what came of it.
BUDGET_UNDO: Final = CommandSpec(
    "budget_undo", source=Source.NOTHING, ways=(), role=Role.ADMIN, admins_can="change budgets", urgent=True
)
BUDGET_TRY: Final = CommandSpec(
    "budget_try",
    source=Source.NOTHING,
    ways=typed("budget try", TRIED),
    role=Role.ADMIN,
    admins_can="change budgets",
    examples=BUDGET_SET.examples,
    slash_help=Help(f"`/devin budget try {TRIED.shown}` shows what that budget would have blocked", same_line=True),
)
BUDGET_REMOVE: Final = CommandSpec(
    "budget_remove",
    source=Source.NOTHING,
    ways=(
        *typed("budget remove", BUDGET_NUMBER),
        *typed("budget rm", BUDGET_NUMBER),
        *typed("budget delete", BUDGET_NUMBER),
    ),
    role=Role.ADMIN,
    admins_can="change budgets",
    slash_help=Help(
        "`/devin budget remove N` removes a budget (so do `/devin budget rm N` and `/devin budget delete N`)"
    ),
)
BUDGET_GRANT: Final = CommandSpec(
    "budget_grant",
    source=Source.NOTHING,
    ways=typed("budget grant", GRANT),
    role=Role.ADMIN,
    admins_can="change budgets",
    meant_by=("grant",),
    slash_help=Help(f"`/devin budget grant {GRANT.shown}` adds to a budget until it resets"),
)
# The choice where a budget is used up, which asks the admins. The buttons are theirs, under a post in their channel.
ASK_FOR_MORE: Final = CommandSpec("ask_for_more", source=Source.STORED, ways=(), urgent=True)
GRANT_MORE: Final = CommandSpec(
    "grant_more",
    source=Source.STORED,
    ways=(button("grant_more"),),
    role=Role.ADMIN,
    admins_can="change budgets",
    urgent=True,
)
GRANT_HALF_MORE: Final = CommandSpec(
    "grant_half_more",
    source=Source.STORED,
    ways=(button("grant_half_more"),),
    role=Role.ADMIN,
    admins_can="change budgets",
    urgent=True,
)
# The form for an amount of one's own.
GRANT_OTHER: Final = CommandSpec(
    "grant_other",
    source=Source.STORED,
    ways=(),
    role=Role.ADMIN,
    admins_can="change budgets",
    opens_form=True,
)
REFUSE_MORE: Final = CommandSpec(
    "refuse_more",
    source=Source.STORED,
    ways=(button("refuse_more"),),
    role=Role.ADMIN,
    admins_can="change budgets",
    urgent=True,
)
# Beside a session without a limit that is named once its budget is used up.
STOP_UNCAPPED: Final = CommandSpec(
    "stop_uncapped",
    source=Source.LISTED,
    ways=(button("stop_uncapped"),),
    role=Role.ADMIN,
    admins_can="stop sessions for a budget",
    urgent=True,
)
COMMANDS: Final = (
    BUDGET_LIST,
    BUDGET_SET,
    BUDGET_SET_CONFIRMED,
    BUDGET_UNDO,
    BUDGET_TRY,
    BUDGET_REMOVE,
    BUDGET_GRANT,
    ASK_FOR_MORE,
    GRANT_MORE,
    GRANT_HALF_MORE,
    GRANT_OTHER,
    REFUSE_MORE,
    STOP_UNCAPPED,
)
