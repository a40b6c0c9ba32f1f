-- The bot's two roles in PostgreSQL. `devin_bridge_owner` migrates and owns the tables. `devin_bridge` runs the bot: it
-- reads and writes rows, and can't create, change, or drop anything. Neither is a superuser.
-- Run it once, with psql 15 or later, as an administrator in the bot's database and before the first migration.
-- Repeat it to change the passwords.
\set ON_ERROR_STOP on
\getenv owner_password POSTGRES_OWNER_PASSWORD
\getenv bot_password POSTGRES_BOT_PASSWORD
BEGIN;
SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY['devin_bridge_owner', 'devin_bridge']) AS name
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE devin_bridge_owner LOGIN PASSWORD :'owner_password';
ALTER ROLE devin_bridge LOGIN PASSWORD :'bot_password';
-- An administrator who isn't a superuser, as in managed databases, can set the owner's privileges only as a member.
SELECT format('GRANT devin_bridge_owner TO %I', current_user)
  WHERE NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) \gexec

SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO devin_bridge_owner, devin_bridge', current_database()) \gexec
-- PgQueuer's tables are in their own schema, which the migration creates.
SELECT format('GRANT CREATE ON DATABASE %I TO devin_bridge_owner', current_database()) \gexec
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO devin_bridge_owner;
GRANT USAGE ON SCHEMA public TO devin_bridge;

-- The bot can use what the owner creates from now on. `python -m bot copy` sets sequences, hence UPDATE.
ALTER DEFAULT PRIVILEGES FOR ROLE devin_bridge_owner GRANT USAGE ON SCHEMAS TO devin_bridge;
ALTER DEFAULT PRIVILEGES FOR ROLE devin_bridge_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO devin_bridge;
ALTER DEFAULT PRIVILEGES FOR ROLE devin_bridge_owner GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO devin_bridge;
COMMIT;
