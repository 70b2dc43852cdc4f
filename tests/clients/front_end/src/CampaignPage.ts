// A page of a campaign: its facts, and its codes page by page.
import { graphql } from 'relay-runtime';

export const page = graphql`
  query CampaignPageQuery($key: String!, $where: CodeWhere, $count: Int!, $cursor: String) {
    campaign(key: $key) {
      ...CampaignPage_facts
      ...CampaignPage_codes
    }
  }
`;

export const facts = graphql`
  fragment CampaignPage_facts on Campaign @refetchable(queryName: "CampaignPageFactsQuery") {
    name
    activationStatus
    activeFrom
    metadata
    issuedCodeValidity {
      period
    }
    numberSeries {
      lastNumber
    }
  }
`;

export const codes = graphql`
  fragment CampaignPage_codes on Campaign @refetchable(queryName: "CampaignPageCodesQuery") {
    codes(first: $count, after: $cursor, where: $where)
      @connection(key: "CampaignPage_codes", filters: ["where"]) {
      totalCount
      edges {
        node {
          code
          status
          validTo
        }
      }
    }
  }
`;
