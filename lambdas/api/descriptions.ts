/** What the API says of itself. By itself, since few ask for it: the schemas of workflows bring all that reads workflows. */
export { asyncApiDocument } from '../../core/api/asyncapi.ts';
export { openApiDocument } from '../../core/api/openapi.ts';
export { workflowJsonSchema } from '../../core/workflow/json-schema.ts';
