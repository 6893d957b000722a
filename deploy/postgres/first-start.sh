#!/bin/sh
# Run once by the image of PostgreSQL, on an empty volume.
set -eu
quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/''/g")"; }
psql --set ON_ERROR_STOP=1 --username postgres --dbname artemis \
    --set owner="$(quoted "$OWNER_PASSWORD")" --set application="$(quoted "$APPLICATION_PASSWORD")" \
    --set sealer="$(quoted "$SEALER_PASSWORD")" --file /logins.sql
