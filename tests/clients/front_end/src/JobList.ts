// A list of jobs that grows at its head, is read backwards too, and is watched.
import { graphql } from 'relay-runtime';

export const list = graphql`
  query JobListQuery($last: Int, $before: String) {
    jobs(last: $last, before: $before) @connection(key: "JobList_jobs") {
      edges {
        node {
          ...JobList_job
        }
      }
    }
  }
`;

export const job = graphql`
  fragment JobList_job on Job {
    kind
    size
    progress {
      status
      percent
    }
  }
`;

export const generate = graphql`
  mutation JobListGenerateMutation($input: GenerateCodesInput!, $connections: [ID!]!) {
    generateCodes(input: $input) {
      job @prependNode(connections: $connections, edgeTypeName: "JobEdge") {
        ...JobList_job
      }
      userErrors {
        code
        message
        field
      }
    }
  }
`;

export const watch = graphql`
  subscription JobListSubscription($job: ID!) {
    jobProgress(jobId: $job) {
      jobId
      sequence
      status
      percent
    }
  }
`;
