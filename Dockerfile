# A small image of Till: the binary and certificates. See docs/OPERATIONS.md.

# --- build stage --------------------------------------------------------------------------------
FROM rust:1.95-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl make xz-utils \
    && curl -fsSL https://deb.nodesource.com/setup_22.x | bash - \
    && apt-get install -y --no-install-recommends nodejs \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
RUN make build \
    && mkdir -p /image/till /image/data \
    && cp target/release/till /image/till/

# --- image: only the C library that the binary is linked with, no shell --------------------------
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /image/till /till
# A new volume is created with this folder's owner.
COPY --from=build --chown=nonroot:nonroot /image/data /data
ENV DATA_DIR=/data \
    LEPTOS_SITE_ADDR=0.0.0.0:3000
WORKDIR /data
USER nonroot
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
ENTRYPOINT ["/till/till"]
CMD ["serve"]
