# The program alone, on Debian 12:  docker build -t planner .   then   docker run --rm -v "$PWD:/repo" planner analyze
FROM debian:12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends make ca-certificates
WORKDIR /planner
COPY .ci/deps .ci/packages.txt .ci/
RUN .ci/deps
COPY . .
RUN make build && make install PREFIX=/opt/planner

FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends git libpq5 libpg-query1504.0 libicu72 libmd0 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/planner /usr/local
# A repository that is mounted belongs to somebody else, and git would not read it.
RUN git config --system --add safe.directory '*'
WORKDIR /repo
ENTRYPOINT ["planner"]
CMD ["--help"]
