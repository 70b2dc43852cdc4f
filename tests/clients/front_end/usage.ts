// What a front end relies on in the generated types. It compiles only while they say exactly this.
import type {
  CampaignPageQueryQuery,
  CampaignPageQueryQueryVariables,
  CodeStatus,
  GenerateCodesInput,
  JobListGenerateMutationMutation,
  JobListSubscriptionSubscription,
} from './generated/graphql';

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Campaign = NonNullable<CampaignPageQueryQuery['campaign']>;
type Code = Campaign['codes']['edges'][number]['node'];
type Generated = NonNullable<JobListGenerateMutationMutation['generateCodes']>;

export const answers: [
  Same<Code['validTo'], string | null>,
  Same<Code['status'], CodeStatus>,
  Same<Campaign['codes']['totalCount'], number>,
  Same<Campaign['metadata'], unknown>,
  Same<NonNullable<Campaign['issuedCodeValidity']>['period'], string | null>,
  Same<NonNullable<Campaign['numberSeries']>['lastNumber'], string>,
  Same<Generated['userErrors'][number]['field'], string[]>,
  Same<JobListSubscriptionSubscription['jobProgress']['sequence'], string>,
] = [true, true, true, true, true, true, true, true];

export const page: CampaignPageQueryQueryVariables = {
  key: 'SUMMER',
  count: 20,
  where: { status: { in: ['ISSUED', 'ACTIVE'] } },
};
export const tenCodes: GenerateCodesInput = {
  campaignId: 'opaque',
  count: 10,
  notBefore: '2026-12-01T00:00:00Z',
};
