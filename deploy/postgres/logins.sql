-- Three logins and what each may become; run once as a superuser, with passwords of your own:
--   psql -v owner="'…'" -v application="'…'" -v sealer="'…'" -f logins.sql artemis
-- The tables are the owner's. Web, workers and beat come as artemis_web, which owns nothing; the sealer as artemis_seal.
CREATE ROLE artemis_app NOLOGIN;
CREATE ROLE artemis_sealer NOLOGIN;
CREATE ROLE artemis_owner LOGIN PASSWORD :owner;
CREATE ROLE artemis_web LOGIN PASSWORD :application;
CREATE ROLE artemis_seal LOGIN PASSWORD :sealer;
GRANT artemis_app TO artemis_owner WITH ADMIN OPTION;
GRANT artemis_sealer TO artemis_owner WITH ADMIN OPTION;
GRANT artemis_app TO artemis_web;
GRANT artemis_sealer TO artemis_seal;
ALTER DATABASE :"DBNAME" OWNER TO artemis_owner;
REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO artemis_web, artemis_seal;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO artemis_owner;
