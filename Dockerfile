# Tutti as an image. Any Debian with Node 20.19 or newer (trixie has it) may be its base:
#   docker build --tag tutti .
#   docker run --detach --name tutti --restart unless-stopped --init \
#     --network host --device /dev/snd --ulimit nice=31 --volume tutti:/var/lib/tutti --volume /srv/music:/home/tutti/Music tutti
# --network host: players are found, and this server is found, by mDNS, which no bridge lets through; players fetch
#   music from the address they were given. Without it name every player in tutti.yaml, and publish the ports below.
# --device /dev/snd: the sound cards of this machine; the user in the image is in the group `audio` (29, as on Debian
#   and Raspberry Pi OS; elsewhere add --group-add with the group of /dev/snd). Not needed where all players are on the network.
# More in packaging/image.md.
ARG BASE=debian:trixie-slim

FROM ${BASE} AS build
# For builds behind a proxy that signs with certificates of its own.
ARG NPM_CONFIG_CAFILE
ARG DEBIAN_FRONTEND=noninteractive
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates nodejs npm \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
# Only what runs goes on, as in the Debian package: no benchmarks, no sources, no development packages, no binaries of other systems.
RUN npm run build && node packaging/build-deb.mjs --no-build --app /opt/tutti && cp LICENSE /opt/tutti/

FROM ${BASE}
LABEL org.opencontainers.image.title="Tutti" \
  org.opencontainers.image.description="Makes every loudspeaker in a home play as one and puts the remote control on every phone" \
  org.opencontainers.image.licenses="MIT"
ARG DEBIAN_FRONTEND=noninteractive
# mpv plays on the cards of this machine, ffmpeg feeds snapclients, fpcalc recognizes what has no tags.
# What draws on screens (Mesa and its compiler) comes with mpv and is opened by nothing that only sounds: 200 MB that are not unpacked.
RUN printf 'path-exclude=%s\n' '/usr/lib/*/libLLVM*' '/usr/lib/llvm-*' '/usr/lib/*/libz3*' '/usr/lib/*/libgallium*' '/usr/lib/*/dri/*' \
    '/usr/share/man/*' '/usr/share/locale/*' '/usr/share/info/*' '/usr/share/doc/*' >/etc/dpkg/dpkg.cfg.d/tutti \
  && echo 'path-include=/usr/share/doc/*/copyright' >>/etc/dpkg/dpkg.cfg.d/tutti \
  && apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates nodejs mpv ffmpeg libchromaprint-tools \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/log/* \
  && groupadd --gid 1000 tutti \
  && useradd --uid 1000 --gid tutti --groups audio --create-home --shell /usr/sbin/nologin tutti \
  && install --directory --owner=tutti --group=tutti /var/lib/tutti /home/tutti/Music
COPY --from=build /opt/tutti /opt/tutti
RUN ln -s /opt/tutti/dist/src/main.js /usr/local/bin/tutti && chmod 755 /opt/tutti/dist/src/main.js
ENV NODE_ENV=production HOME=/home/tutti TUTTI_DATA_DIR=/var/lib/tutti
USER 1000:1000
WORKDIR /opt/tutti
# Database, pictures, backups, tutti.yaml. Music is yours: mount it at /home/tutti/Music.
VOLUME /var/lib/tutti
# The page; snapclients; the MPD servers of the first rooms.
EXPOSE 8080 1704 6610-6619
HEALTHCHECK --interval=60s --timeout=15s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.TUTTI_PORT || 8080}/health`, { signal: AbortSignal.timeout(10000) }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--v8-pool-size=1", "/opt/tutti/dist/src/main.js"]
CMD ["serve"]
