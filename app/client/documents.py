"""What the client asks, as callers of the API write it."""

PROGRESS = """fragment Progress on JobProgress {
  jobId kind sequence status phase total parsed processed inserted updated deleted withdrawn
  unchanged failed percent rate etaSeconds errorCode errorMessage errorLine errorColumn
}"""
JOB = """fragment JobRow on Job {
  id kind status phase reference submittedBy queuedAt startedAt finishedAt notBefore total failed
  errorCode errorMessage campaign { key } progress { percent inserted processed }
}"""
CAMPAIGN_ID = "query CampaignId($key: String!) { campaign(key: $key) { id } }"
GENERATE = f"""mutation Generate($input: GenerateCodesInput!) {{
  generateCodes(input: $input) {{
    job {{ ...JobRow }} userErrors {{ code message field }}
  }}
}} {JOB}"""
CANCEL = f"""mutation Cancel($id: ID!) {{
  cancelJob(input: {{ id: $id }}) {{ job {{ ...JobRow }} userErrors {{ code message field }} }}
}} {JOB}"""
JOBS = f"""query Jobs($first: Int!, $where: JobWhere) {{
  jobs(first: $first, where: $where) {{ nodes {{ ...JobRow }} }}
}} {JOB}"""
WATCH_JOB = f"""subscription Watch($job: ID!) {{
  jobProgress(jobId: $job) {{ ...Progress }}
}} {PROGRESS}"""
WATCH_JOBS = f"""subscription Watch($campaign: ID) {{
  jobs(campaign: $campaign) {{ ...Progress }}
}} {PROGRESS}"""
FAILED_ROWS = """query FailedRows($job: ID!, $first: Int!) {
  job(id: $job) {
    rowResults(first: $first, where: {outcome: {eq: FAILED}}) {
      nodes { row line code messages }
    }
  }
}"""
