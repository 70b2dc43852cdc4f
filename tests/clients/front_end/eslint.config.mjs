// Every rule that graphql-eslint has for schemas and for Relay, but for those that say why not.
import graphql from '@graphql-eslint/eslint-plugin';

const rule = (name, setting) => [`@graphql-eslint/${name}`, setting];
const described = { types: true, rootField: true, DirectiveDefinition: true };
const ours = Object.fromEntries([
  // Fields and values stand in the order of their meaning, in which people read them.
  rule('alphabetize', 'off'),
  // `Code.code` is what everybody calls it; `codeText` would hide it.
  rule('no-typename-prefix', 'off'),
  // Writing and watching are the purpose of this API.
  rule('no-root-type', 'off'),
  // A payload answers with what was written and all that hangs on it; nothing else is read after a write.
  rule('require-field-of-type-query-in-mutation-result', 'off'),
  // Connections always answer. Payloads may be null, so that one mutation that fails leaves the others.
  rule('require-nullable-result-in-root', 'off'),
  // What has an identity is a Node, and the interface demands its id; values and parts have none.
  rule('strict-id-in-types', 'off'),
  // `@oneOf` is a word of GraphQL itself; only printing writes it out, and without its description.
  rule('require-description', [
    'error',
    { ...described, ignoredSelectors: ['DirectiveDefinition[name.value=oneOf]'] },
  ]),
  // A connection lists its `nodes` beside its edges, and values such as errors need no pages. A row of an
  // import belongs to its job, and is found there.
  rule('relay-edge-types', [
    'error',
    { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false },
  ]),
]);

export default [
  {
    files: ['schema.graphql'],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: 'schema.graphql' } },
    },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...graphql.configs['flat/schema-all'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      ...ours,
    },
  },
];
