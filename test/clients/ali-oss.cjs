// Makes the requests that come in on stdin with ali-oss, one a line, and prints what came back, one a line.
// Usage: node ali-oss.cjs FOLDER OPTIONS
const [folder, options] = process.argv.slice(2);
const OSS = require(require('path').resolve(folder, 'node_modules/ali-oss'));
const client = new OSS(JSON.parse(options));
const lines = require('readline').createInterface({ input: process.stdin });

(async () => {
  for await (const line of lines) {
    const request = { ...JSON.parse(line), mime: 'xml', successStatuses: [200] };
    let answer;
    try {
      answer = { body: String((await client.request(request)).data) };
    } catch (err) {
      answer = { error: `${err.code}: ${err.message}` };
    }
    console.log(JSON.stringify(answer));
  }
  process.exit(0); // the client keeps its connections
})();
