// What a front end shows of who asks: a header, or the first message of a socket.
const key = process.env.API_KEY;

export const headers = key ? { Authorization: `Bearer ${key}` } : {};
