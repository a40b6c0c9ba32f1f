"""What people try who know other bots for code, none of which may start a session unasked, and tasks, all of which do.

The guesses are commands of the Slack apps of Devin, Cursor, Claude, Copilot and GitHub, as far as these are documented,
and what people type beside them.
"""

from typing import Final

_COMMANDS: Final = """\
settings
setting
pause
pause 2
resume
resume 2
wake
wake 2
sessions
session 2
prs
commands
version
login
logout
connect
whoami
who am i
ping
?
??
config
configure
config list
config set repo acme/web
default repo=acme/web
default repo=acme/web mode=fast
defaults
set default repo=acme/web
set default repo acme/web
set repo acme/web
set mode fast
set limit 20
use repo acme/web
use acme/web
change repo
change repo acme/web
switch repo acme/web
switch model
model
models
model=opus
mode
mode fast
branch=main
branch main
autopr=true
repo
repos
repositories
repo=acme/web branch=main
list repos
list my agents
list my sessions
list all prs
list open prs
show prs
show sessions
show my sessions
show settings
show me my sessions
my sessions
my prs
agents
agent
agent 3
agent status
new
new session
new agent
create session
create new session
start session
start new session
start devin
open session
open session 2
open acme/web
open https://github.com/acme/web
close https://github.com/acme/web/issues/12
close 12
reopen https://github.com/acme/web/issues/12
subscribe
subscribe acme/web
subscribe acme/web issues
subscribe acme/web reviews
subscribe list
subscribe list features
unsubscribe acme/web
unsubscribe acme/web pulls
deploy acme/web
deploy list
signin
sign in
signout
sign out
log in
log me in
log out
auth
authenticate
connect github
connect to github
connect my account
connect my github account
disconnect
link account
link my github account
unlink
install
setup
integrations
workspace
invite
dashboard
home
menu
options
preferences
prefs
preferences please
notifications
notifications off
turn off notifications
turn notifications on
mute
unmute
sleep
archive
archive 2
archive all
exit
EXIT
quit
abort
terminate
kill 1
cancel
cancel 2
stop it
please stop
stop all
stop everything
continue
continue 3
continue last session
retry
restart
restart 2
wake up devin
resume the session
resume session 2
status all
state
info
info 2
progress
logs
logs 2
history
stats
limits
quota
plan
billing
usage
cost
credits
upgrade
feedback
support
docs
about
help me
commands list
help settings
man
ls
!settings
!pause
!resume
!sessions
/settings
/help
--help
-h
help!
ask
ask devin
deep
deep research
knowledge
secrets
playbooks
mcp
adopt
unsync
review 12
fix 12
delete 2
delete session 2
rename 2
approve
approve 1
yes 1
merge
merge 12
undo
test
foo
asdf
.
...
设置
帮助
状态
取消
会话列表
設定
ヘルプ
ログイン
停止
セッション一覧
설정
도움말
ตั้งค่า
ayuda
einstellungen
sitzungen anzeigen
"""
GUESSES: Final = tuple(_COMMANDS.splitlines())
_TASKS: Final = """\
fix the flaky login test
fix the login test
add dark mode support
add login to settings
add a config file for the linter
configure the linter for tests
connect the cart to the new api
test the login page
set up continuous integration
set the timeout to 30 seconds
set the default locale to German
use pnpm instead of npm
change the color of the header
switch from moment to luxon
open the modal on click
close the socket after a timeout
create the user settings page
create a new endpoint for invoices
pause the video when hidden
resume the download after errors
wake the worker only once
show the version in the footer
ping the database every minute
please fix the broken build
please update the readme
deploy the docs to staging
upgrade react to 19
upgrade dependencies and fix tests
refactor the session store
remove the unused feature flag
write tests for utils.py
write unit tests please
bump eslint to v9
rename Foo to Bar everywhere
investigate why CI is slow
why does checkout fail?
find the memory leak
translate the landing page into French
fix it repo=acme/web acu=10
fix bugs repo=acme/web mode=fast
login sessions expire after five minutes
commands in the cli lack help
login fails with an empty password
settings page crashes on Safari
version numbers are wrong in the footer
подправь тест входа
repariere den wackligen Login-Test
corrige le test de connexion
arregla la prueba de inicio de sesión
giriş testini düzelt lütfen
로그인 테스트 고쳐 줘
修复登录测试
把登录页面的颜色改成蓝色
ログインテストを直して
ログインのテストを修正してください
แก้ไขการทดสอบการเข้าสู่ระบบ
"""
TASKS: Final = tuple(_TASKS.splitlines())
