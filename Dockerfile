# syntax=docker/dockerfile:1
# Build: docker build -t pilotfish .
# Run:   docker run --read-only --network host pilotfish run --name orders --port 8000

FROM node:26-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY build ./build
COPY src ./src
RUN npm run build

# What ships: the build and its runtime dependencies, nothing that builds.
FROM node:26-bookworm-slim AS packages
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:26-bookworm-slim
LABEL org.opencontainers.image.title="pilotfish" \
      org.opencontainers.image.description="Sidecar service-discovery proxy for Consul" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /src/node_modules ./node_modules
COPY --from=build /src/dist ./dist
COPY package.json LICENSE ./
# Nothing is written: the root can be read-only. A snapshot directory, if one is configured, is a volume.
USER node
EXPOSE 7700 7701
# Whether the sidecar lives; it never waits for the app or for Consul.
HEALTHCHECK --interval=10s --timeout=2s --start-period=5s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:7701/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# The process takes its signals itself and starts nothing it does not wait for, so no --init is needed.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["run"]
