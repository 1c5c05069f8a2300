# make image passes the version arguments; without them the image builds all the same, and says it is a devel version.
# A release is refused until the digest of this base is written behind its tag; Dependabot then keeps both current.
FROM --platform=$BUILDPLATFORM docker.io/library/golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=devel
ARG REVISION=unknown
ARG BRANCH=unknown
ARG BUILD_USER=image
ARG BUILD_DATE=unknown
RUN scripts/package/licenses >/THIRD_PARTY_LICENSES
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -buildvcs=false -ldflags "-s -w -buildid= \
    -X github.com/prometheus/common/version.Version=$VERSION \
    -X github.com/prometheus/common/version.Revision=$REVISION \
    -X github.com/prometheus/common/version.Branch=$BRANCH \
    -X github.com/prometheus/common/version.BuildUser=$BUILD_USER \
    -X github.com/prometheus/common/version.BuildDate=$BUILD_DATE" \
    -o /oss_cname_exporter .

FROM scratch
ARG VERSION=devel
ARG REVISION=unknown
ARG CREATED=
ARG SOURCE=
LABEL org.opencontainers.image.title="oss_cname_exporter" \
      org.opencontainers.image.description="Prometheus exporter for the CNAME tokens of Alibaba Cloud OSS" \
      org.opencontainers.image.vendor="The oss_cname_exporter authors" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED" \
      org.opencontainers.image.source="$SOURCE" \
      org.opencontainers.image.url="$SOURCE" \
      org.opencontainers.image.documentation="$SOURCE" \
      org.opencontainers.image.base.name="scratch"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /src/LICENSE /src/NOTICE /THIRD_PARTY_LICENSES /usr/share/licenses/oss_cname_exporter/
COPY --from=build /oss_cname_exporter /bin/oss_cname_exporter
# nobody, as a number: Kubernetes' runAsNonRoot cannot look names up.
USER 65534:65534
EXPOSE 19525
STOPSIGNAL SIGTERM
# It asks where the environment says that the exporter listens; flags of the command it cannot see.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/bin/oss_cname_exporter", "health"]
ENTRYPOINT ["/bin/oss_cname_exporter"]
