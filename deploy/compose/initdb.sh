#!/bin/sh
# At the first start of an empty volume.
set -eu
psql -U postgres -v database=izinlink -v owner_password="$OWNER_PASSWORD" -v app_password="$APP_PASSWORD" -f /roles.sql
