"""Commands for admins as people mistype them: what none of them may do is to start a session, or to steer one."""

from typing import Final

from bot.domain.commands.registry import START
from bot.domain.commands.spec import Role, Surface
from bot.features import COMMANDS
from bot.features.fan_out.specs import FANOUT

OF_ADMINS: Final = [
    way.phrase
    for spec in COMMANDS.specs
    if spec.role is Role.ADMIN and not spec.of_place  # which are about a session with anything but a place behind them
    for way in spec.ways_on(Surface.SLASH)
    if spec is not FANOUT  # whatever follows this word is for it
]
_BEHIND: Final = (
    "Nov 2026",
    "november",
    "last quarter",
    "as csv",
    "by author",
    "for the web team",
    "org 100 monthly",
    "#C0WEB1 per month",
    "since 1 Nov",
    "please and thanks",
)
_BY_HAND: Final = """\
budget org 100
budget org 100.
Budget Org 100
BUDGET ORG 100
`budget org 100`
*budget org 100*
"budget org 100"
“budget org 100”
_budget org 100_
`budget` org 100
/devin budget org 100
budgt org 100
bdgt org 100
budg org 100
budget 100
budget 100 org
budget org
budget org hundred
budget org \u0661\u0660\u0660
budget org \uff11\uff10\uff10
budget org=100
budget=100
budget: org 100
budget, org 100
budget set
budget set org
budget set 100
budget set 100 org
budget set org lots
budget sett org 100
budget st org 100
budget setorg 100
budget all 100
budget add org 100
budget new org 100
budget change org 100
budget raise org 200
budget each person 10
budget set each person 10
budget per person 10
budget for org 100 ACUs
budget of org
budget show
budget lst
budget lists
budgets lsit
list budget
list budgets
show budgets
set budget org 100
remove budget 2
budget remove
budget remove two
budget remove all
budget delete org
budget drop 2
budget grant
budget grant org
budget grant 100
budget org 100 a month
budget off
budget reset
budget?
budgets
budgets org 100
usage Nov 2026
usage Nov 2026.
Usage nov 2026
USAGE NOV 2026
`usage Nov 2026`
"usage Nov 2026"
usage november
usage 2026
usage 2026/11
usage 11/2026
usage 11.2026
usage Q4
usage month as csv
usage month to csv
usage as csv
usage by author
usage by user
usage by people
usage by persons
usage by
usage person
usage per channel
usage by channels
usage monthly
usage weekly
usage months
usage this year
usage last 30 days
usage since Monday
usage for team web
usage all orgs
usage total
usage?!
usages
usages month
ussage month
usgae month
uasge
usage: month
usage, week
usage months csv
usage month csv please now
month usage
monthly usage
last month usage
usage week by hour
bill
Bill.
bills
bill of Nov 2026
billing
billing month
invoice
invoice Nov 2026
spend by person
spending
spending this month
forecast
report by author
report by authors
Report By Author
report by author.
`report by author`
report author
report by user
report by team
report by
report Nov 2026
report nov
report 2026
report quarter
report last quarter
report week as csv
report weekly
report monthly
report of last month
report for web
reports
reports month
reprot month
reoprt week
repotr cycle
by person report
last month report
digest daily
digest daily 9am
digest on
digest off
digest weekly #C0WEB1
digest add
digest ad daily
digest every day
digest lst
digest delete 2
digest stop
digests
dgiest list
digset now
show digest
team payments @U0ANN1
team add
team lst
team new payments
team delete
teams
team payments
tema list
orgs list
org list
org
orgs usage
organisations
organizations all
list orgs
ogrs
audit logs
audit last week
audit by ann
audit Nov 2026
audits
aduit
audit bot as csv
audit all
alarm off
alarm list
alarms off
alarm
alarm on
alert off
Alarm off.
alerts
note
notes
note new deploys
note remove 3
list notes
note lits
delete note 2
playbooks
playbook new
playbook delete 3
playbok add
schedule
schedules
schedule new
schedule remove 2
schedule stop 1
schedule delte 2
schedule pause
schedule pause all
shcedule list
metrics Nov 2026
metrics by person
metrics last quarter
metric week
metircs
secrets
secret rotate NPM_TOKEN
secret new
secret lsit
secret delete NPM_TOKEN
list secrets
member list
cost of ann
cost centre list
grant @ann 10
raise budget
add budget each-person 10
ann budget 10
limit org 100
usage-by-person
audit-log
export usage november
csv
mute alarms
"""
AS_TYPED: Final = tuple(filter(None, _BY_HAND.splitlines()))


def derived() -> list[str]:
    """Forms that are no command: with other words, in the plural, with swapped letters, or in another order."""
    found = []
    for phrase in OF_ADMINS:
        first, *second = phrase.split()
        many = first.removesuffix("s") if first.endswith("s") else f"{first}s"
        swapped = first[0] + first[2] + first[1] + first[3:]
        words = [" ".join([form, *second]) for form in (first, many, swapped)]
        found += [f"{form} {behind}" for form in (*words, first) for behind in _BEHIND]
        found += [many, swapped, f"{first} foo", f"my {phrase}", f"last month {first}"]
        found += [" ".join([*second, first])] if second else []
    return sorted({text for text in found if len(text.split()) <= 6 and COMMANDS.parser.slash(text).spec is START})
