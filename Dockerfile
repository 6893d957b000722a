# One image for every process: web, worker, beat, sealer, and commands. It runs as nobody in particular, writes nothing but
# /data and /tmp, and holds no key and no setting.
FROM python:3.13-slim-bookworm AS build
WORKDIR /artemis
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.13-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin artemis && install -d -o artemis /data
COPY --from=build /venv /venv
COPY . /artemis
WORKDIR /artemis
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    ARTEMIS_DATA=/data ARTEMIS_STATIC=/artemis-static NUMBA_CACHE_DIR=/tmp/numba
RUN ARTEMIS_DATA=/tmp/build SECRET_KEY=only-for-this-step python manage.py collectstatic --no-input --verbosity 0
USER 10001
EXPOSE 8000
CMD ["gunicorn", "artemis_site.wsgi:application", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--workers=2", "--threads=4", "--worker-tmp-dir=/dev/shm", "--no-control-socket"]
