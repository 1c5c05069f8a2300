// Makes the requests that come in on stdin with the Tea gateway of OSS, one a line, and prints what came back, one a line.
// Every name is on loopback, so that the gateway can have its bucket in the host's name. Usage: node tea.cjs FOLDER OPTIONS
const path = require('path');
const [folder, options] = process.argv.slice(2);
const load = (name) => require(path.resolve(folder, 'node_modules/@alicloud', name));
const OpenApi = load('openapi-client');
const Gateway = load('gateway-oss').default;
const { RuntimeOptions } = load('tea-util');
const { accessKeyId, accessKeySecret, port } = JSON.parse(options);
require('dns').lookup = (name, settings, done) => (settings.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4));

class Client extends OpenApi.default {
  constructor() {
    super(new OpenApi.Config({ accessKeyId, accessKeySecret, endpoint: `oss-cn-hangzhou.aliyuncs.com:${port}`, protocol: 'http' }));
    this._spi = new Gateway();
  }
}
const client = new Client();
const lines = require('readline').createInterface({ input: process.stdin });

(async () => {
  for await (const line of lines) {
    const { method, bucket, subres, query, content } = JSON.parse(line);
    const flags = Object.entries(subres).map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join('&');
    let answer;
    try {
      const params = new OpenApi.Params({
        action: 'Any', version: '2019-05-17', protocol: 'HTTP', pathname: `/?${flags}`, method, authType: 'AK', style: 'ROA',
        reqBodyType: 'xml', bodyType: 'string',
      });
      const request = new OpenApi.OpenApiRequest({ hostMap: { bucket }, query: query || {}, headers: {} });
      if (content) {
        request.stream = require('stream').Readable.from([content]);
        request.headers['content-type'] = 'application/xml';
      }
      answer = { body: String((await client.execute(params, request, new RuntimeOptions({}))).body) };
    } catch (err) {
      answer = { error: `${err.code}: ${err.message}` };
    }
    console.log(JSON.stringify(answer));
  }
  process.exit(0);
})();
