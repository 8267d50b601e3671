// Records spans and sends them by OTLP over HTTP to OTEL_EXPORTER_OTLP_ENDPOINT, without which it is http://localhost:4318.
// Loaded ahead of a program: NODE_OPTIONS="--import /home/pi/tracing/register.mjs" raspy start --tracing
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

const { OTEL_SERVICE_NAME = 'raspy' } = process.env;

new NodeTracerProvider({
  resource: resourceFromAttributes({ 'service.name': OTEL_SERVICE_NAME, 'process.pid': process.pid }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
}).register();
