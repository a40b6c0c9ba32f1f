"""What looks like a secret, and what only begins like one."""

import pytest

from bot.domain.secrets import has_secret
from bot.views.answers import secrets as secret_sentences

PAGE = "https://app.devin.ai/secrets"
# Put together here, so that no scanner of repositories takes them for real ones.
KEYS = {
    "aws": "AKIA" + "QYLPMN5H" * 2,
    "aws, for a while": "ASIA" + "QYLPMN5H" * 2,
    "github": "ghp_" + "a1B2" * 9,
    "github app": "ghs_" + "a1B2" * 9,
    "github, fine": "github_pat_" + "11ABCDEFG0" * 2 + "ab_" + "a1B2" * 14,
    "gitlab": "glpat-" + "a1-B2" * 4,
    "slack bot": "xoxb-" + "123456789012-" * 2 + "abcDEF",
    "slack, rotated": "xoxe.xoxp-1-" + "Mi0yLTEyMzQ1" * 3,
    "slack app": "xapp-1-A0123-456789-" + "0f" * 32,
    "slack, of a browser": "xoxc-" + "123456789012-" * 3 + "0f" * 16,
    "slack, cookie": "xoxd-" + "qW%2Fq7zB%2B" * 4,
    "slack webhook": "https://hooks.slack.com/services/" + "T01ABCDEF/B02GHIJKL/" + "a1B2" * 6,
    "jwt": "eyJ" + "hbGciOiJIUzI1NiJ9." + "eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0." + "a1-B2_" * 7,
    "hugging face": "hf_" + "aBcDeF" * 5 + "gHiJ",
    "pypi": "pypi-" + "AgEIcHlwaS5vcmc" + "a1-B2_" * 12,
    "sendgrid": "SG." + "a1-B2_" * 3 + "abcd." + "a1-B2_" * 7 + "e",
    "digital ocean": "dop_v1_" + "0f" * 32,
    "google, for a while": "ya29." + "a0-Ab_" * 8,
    "devin": "cog_" + "a1b2c3d4" * 4,
    "devin, with dashes": "cog_" + "aB-c1_d" * 6,
    "devin, older": "apk_user_" + "YWJjMTIz" * 6,
    "devin, of a service": "apk_" + "YWJjMTIz" * 6,
    "stripe": "sk_live_" + "51Habc" * 5,
    "stripe, restricted": "rk_test_" + "51Habc" * 5,
    "stripe webhook": "whsec_" + "a1B2" * 8,
    "google": "AIza" + "SyA-b_9" * 5,
    "npm": "npm_" + "a1B2" * 9,
    "openai": "sk-" + "a1B2" * 5 + "T3BlbkFJ" + "a1B2" * 5,
    "openai project": "sk-proj-" + "aB1-_" * 20,
    "anthropic": "sk-ant-api03-" + "aB1-_" * 18 + "AA",
    "openrouter": "sk-or-v1-" + "0a1b2c3d" * 8,
    "pem": "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIEow",
    "pkcs8": "-----BEGIN " + "PRIVATE KEY-----",
    "pgp": "-----BEGIN " + "PGP PRIVATE KEY BLOCK-----",
}
AROUND = (
    "{}",
    "use {} to deploy",
    "TOKEN={}",
    '{{"key":"{}"}}',
    "`{}`",
    "_{}_",
    "<https://acme.test/?k={}|here>",
    "x:{}.",
)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_of_a_documented_shape_is_a_secret_wherever_it_stands(key):
    assert [around for around in AROUND if not has_secret(around.format(key))] == []


SHA = "3f9a2c1b0d4e5f60718293a4b5c6d7e8f9012345"
UUID = "550e8400-e29b-41d4-a716-446655440000"
ASSIGNED = (
    "AWS_SECRET_ACCESS_KEY=" + "wJalrXUtn/K7MDENG+bPxRfiCYzQ3sT5uV7wX9yA",
    "AWS_SECRET_ACCESS_KEY = " + "wJalrXUtnFEM/7MDENGbPxR+CYzQ3sT5/V7wX9yA",
    "STRIPE_API_KEY=" + "q7Wz9" * 5,
    "export GITHUB_TOKEN='" + "q7Wz9" * 5 + "'",
    'client_secret = "' + "q7-Wz9_" + "q7Wz9" * 4 + '"',
    "JWT_SECRET_V2=" + SHA,
    "npm publish --token=" + "0f3a" * 9,
    "DB_PASSWORD=" + "hunter2correct",
    "password=" + "hunter2!correct",
)


@pytest.mark.parametrize("text", ASSIGNED)
def test_a_value_that_is_assigned_to_the_name_of_a_secret_is_one_wherever_it_stands(text):
    around = ("{}", "deploy with {} please", "```\nDEBUG=1\n{}\n```", "set {} in the pipeline")
    assert [one for one in around if not has_secret(one.format(text))] == []


@pytest.mark.parametrize(
    "text",
    [
        "secret set FOO bar",
        "set secret foo hunter2secret",
        "Set secret foo correcthorse",
        "please set the secret foo hunter2secret",
        "set secret foo = correcthorse",
        "set secret db-password to hunter2secret",
        "add secret foo hunter2secret",
        "store the secret foo hunter2!",
        "secret add foo hunter2secret",
        "Secret set foo bar",
        "!secret set FOO bar",
        "secrets set FOO bar",
        "secert set FOO bar",
        "secret sett FOO bar",
        "secret add FOO=bar",
        "secret add FOO",
        "secret add FOO: bar",
        "secret create FOO = bar",
        "secret update DB_PASSWORD correct horse battery staple and two more words",
        "secret set PASSPHRASE correct horse battery staple and two more words",
        "secret set foo=correct horse battery staple and two more words",
        "secret FOO bar",
        "secret FOO=bar",
        "secret DB_PASSWORD correct horse battery staple",
        "set secret FOO bar",
        "add secret FOO=bar",
        "add a secret FOO to bar",
        "store the secret DB_PASSWORD correct horse battery staple",
        "/devin secret set FOO bar",
        "please add secret FOO=bar",
        "!new secret set FOO bar",
        "start secret set FOO bar",
        "(aside) secret set FOO bar",
        "fanout secret set FOO bar orgs=all",
        "secret set\nFOO\nbar",
        "Hi devin, secret add FOO=bar",
        "Can you set the secret DB_PASSWORD to hunter2",
    ],
)
def test_who_sets_a_secret_gives_one(text):
    assert has_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "new",
        "secret",
        "secrets",
        "secret list",
        "secret add",
        "set secret",
        "set the secret",
        "secret list please",
        "secret delete FOO",
        "secret rotation repo=acme/web",
        "secret add button does not open the form on Safari",
        "secrets in the logs of the login service are not redacted",
        "use the secret NPM_TOKEN and publish the package",
        "add secret scanning to the CI",
        "add a secret store to the deployment",
        "add the missing type hints",
        "Add secure HTTP headers",
        "Set secure HTTP cookies",
        "Change secure API endpoints",
        "Add secret FOO_BAR to the CI workflow",
        "Set the secret FOO_BAR to the value that the vault has",
        "Secret FOO_BAR is not set in CI",
        "Secrets store CSI driver upgrade",
        "secret store is down",
        "Secret updates are slow",
        "secret scan repo=acme/web",
        "secret repo=acme/web",
        "secret add button broken",
        "add secret scanning workflow",
        "update secret rotation policy",
        "store secret values encrypted",
        "set secrets in CI",
        "set secret scanning up",
        "set secrets manager timeout",
        "add secrets support PROJ-1234",
        "update secrets handling PROJ-1234",
        "set secret detection to strict",
        "set TOKEN in the env",
        "set API_KEY=$API_KEY in the env",
        "API_KEY=${{ secrets.NPM_TOKEN_V2_OF_2026 }}",
        "export TOKEN=$(vault read 2fa1b3c4d5e6f7a8b9c0)",
        "TOKEN=process.env.GITHUB_TOKEN_V2_PRODUCTION",
        'password = os.environ["DB_PASSWORD_2026"]',
        "password=settings.db_password_2026",
        "PASSWORD=<your-password-1234>",
        "SIGNING_KEY=certs/production/signing-key-2026.pem",
        "PRIVATE_KEY=/Users/ann/keys/prod2026/id_rsa",
        "TOKEN_LIMIT=200000000000000000",
        "SORT_KEY=created_at_desc_v2_2026",
        "SECRET_NAME=acme/production/db-v2-2026",
        f"PROJECT_KEY={UUID}",
        f"CACHE_KEY={SHA}",
        f"SIGNING_KEY_ID={SHA}",
        f"COMMIT={SHA} fails in CI",
        f"the page https://acme.test/items/{UUID}?id={SHA} is empty",
        f"https://acme.test/list?key={SHA}&page_token={SHA} is slow",
        f"https://github.com/acme/web/commit/{SHA}",
        "post to https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        "hooks.slack.com/services/ is blocked",
        "the header eyJhbGciOiJIUzI1NiJ9 is cut off",
        "hf_hub_download_with_retries_and_backoff fails",
        "pypi-publish-to-the-test-index-with-trusted-publishing is red",
        "SG.1 and SG.2 are broken",
        "partition by key=customerAccountV2Number",
        "change the secret FOO_BAR everywhere",
        "set FOO=bar in the pipeline",
        "rename sk-learn-pipeline-with-standard-scaler to pipeline",
        "sk-internationalization is a branch",
        "SK-1234 fix the login button",
        "sk-1234-fix-the-login-button-on-the-settings-page",
        "reduce the risk-a1B2c3D4e5F6a1B2c3D4e5F6 score",
        "task-" + "a1B2" * 8,
        "revert 3f9a2c1b0d4e5f60718293a4b5c6d7e8f9012345",
        "revert sha256-" + "3f9a2c1b" * 8,
        "apk_signing_config_release_build is not read",
        "apk_release_build_v2_signing is not read",
        "cog_settings_menu_v2_button_component overlaps",
        "cog_play",
        "npm_config_registry and npm_package_version are set",
        "the docs show AKIAIOSFODNN7EXAMPLE as a key",
        "NAKIAQYLPMN5HQYLPMN5H is a word",
        "xoxb- tokens are refused",
        "xoxb-your-token-goes-here stands in the docs",
        "tokens that begin with ghp_ or github_pat_ are to be hidden",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----",
    ],
)
def test_what_only_begins_like_one_starts_as_usual(text):
    assert not has_secret(text)


def test_what_is_said_about_one():
    after = f"Add it on <{PAGE}|Devin's page>, then name it in your task, as in `use the secret NPM_TOKEN`."
    assert secret_sentences.not_taken(PAGE, written=False).text == (
        f"That looks like a secret. Nothing was started, sent, or stored. {after}"
    )
    assert secret_sentences.not_taken(PAGE, written=True).text == (
        f"That looks like a secret. Nothing was started, sent, or stored. Delete your message: Slack keeps it. {after}"
    )
    assert secret_sentences.in_field(PAGE) == (
        f"That looks like a secret. Nothing was saved. Take it out, and add it at {PAGE}."
    )
