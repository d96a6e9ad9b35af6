FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    MUSTER_DATA_DIR=/srv/muster/data \
    STATIC_ROOT=/srv/muster/static \
    NUMBA_CACHE_DIR=/srv/muster/loops

RUN useradd --system --create-home --home-dir /srv/muster muster
WORKDIR /app

COPY requirements.txt constraints.txt ./
RUN pip install -r requirements.txt -c constraints.txt

COPY . .
# The values below let the settings load while the image is built; none of them stays in it.
RUN SECRET_KEY=build-only DATABASE_URL=postgres://build@localhost/build REDIS_URL=redis://localhost \
    python manage.py collectstatic --noinput \
    && python -m rostering.solver.warm \
    && chown -R muster /srv/muster

USER muster
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "8", "config.wsgi:application"]
