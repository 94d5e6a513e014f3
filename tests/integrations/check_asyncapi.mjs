// Whether a document is AsyncAPI, by the initiative's own parser. Called by check_asyncapi.sh.
import { Parser, fromFile } from '@asyncapi/parser';

const parser = new Parser();
// The parser wants a reader for every format of a schema. Ours is the name of a file: whether the
// file and its message exist is held by asyncapi_test.cc, which has them compiled in.
parser.registerSchemaParser({
  getMimeTypes: () => ['application/vnd.google.protobuf;version=3'],
  validate: ({ data }) =>
    /import "lastmeter\/\S+\.proto"/.test(data) ? [] : [{ message: 'names no .proto file', path: [] }],
  parse: ({ data }) => ({ type: 'string', description: data }),
});

const { document, diagnostics } = await fromFile(parser, process.argv[2]).parse();
const faults = diagnostics.filter(
  // 3.0 is what tools understand today; the parser recommends whatever came out last.
  ({ severity, code }) => severity <= 1 || (severity === 2 && code !== 'asyncapi-latest-version'),
);
for (const { code, path, message } of faults) console.log(`${path.join('.')}: ${message} (${code})`);
if (document === undefined || faults.length > 0) process.exit(1);
console.log(`AsyncAPI ${document.version()}: ${document.messages().length} messages`);
