-- Two roles for one database. As a superuser, once, or again: what is there stays, passwords become these.
--   psql -v database=izinlink -v owner_password="$OWNER" -v app_password="$APP" -f roles.sql
-- izinlink_owner owns everything and runs `izinlink db upgrade`, and nothing else. izinlink is whom all programs connect as:
-- it reads and writes rows, and can neither truncate, change a table nor switch off the triggers that guard decisions.
\set ON_ERROR_STOP on

SELECT 'CREATE ROLE ' || name FROM unnest(ARRAY['izinlink_owner', 'izinlink']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE izinlink_owner LOGIN PASSWORD :'owner_password' NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION;
ALTER ROLE izinlink LOGIN PASSWORD :'app_password' NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION;
-- A machine that vanished in a transaction keeps its locks for half a minute, also behind a PgBouncer of its own.
SELECT format('ALTER ROLE %I SET %s', role, setting) FROM unnest(ARRAY['izinlink_owner', 'izinlink']) AS role, unnest(ARRAY[
    'tcp_keepalives_idle = 10', 'tcp_keepalives_interval = 5', 'tcp_keepalives_count = 2', 'tcp_user_timeout = 20000'
]) AS setting \gexec
SELECT format('CREATE DATABASE %I OWNER izinlink_owner ENCODING ''UTF8'' TEMPLATE template0', :'database')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO izinlink;

\connect :"database"
-- Nobody makes temporary tables or functions that would stand before ours in the search path.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO izinlink_owner;
GRANT USAGE ON SCHEMA public TO izinlink;
-- What migrations make from now on. TRUNCATE, REFERENCES and TRIGGER are left out.
ALTER DEFAULT PRIVILEGES FOR ROLE izinlink_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO izinlink;
ALTER DEFAULT PRIVILEGES FOR ROLE izinlink_owner IN SCHEMA public GRANT USAGE ON SEQUENCES TO izinlink;
