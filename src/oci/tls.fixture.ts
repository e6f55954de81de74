// A certificate for tests alone, for registry.example and tokens.example, valid until 2126. Its key is no secret.
export const testKeyPem = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgtgVgRn3cJ6vi2K5Q
b3WgWExzYAUt6Xc3apcRYiHaLKChRANCAARla2ModhtfsUOkDEZJGcC3kO/AZwO9
R+1B+mAHllpMJpLnJCPQJtT/3UqbToMnh8a1h/FpYNh0H+em60k4b1d8
-----END PRIVATE KEY-----
`;
export const testCertificatePem = `-----BEGIN CERTIFICATE-----
MIIBtDCCAVugAwIBAgIUXAAAvmkv7ljPVF4y4jqfRzEKUlgwCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNdGVzdCByZWdpc3RyeTAgFw0yNjExMjExMTM1MjhaGA8yMTI2
MTAyODExMzUyOFowGDEWMBQGA1UEAwwNdGVzdCByZWdpc3RyeTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABGVrYyh2G1+xQ6QMRkkZwLeQ78BnA71H7UH6YAeWWkwm
kuckI9Am1P/dSptOgyeHxrWH8Wlg2HQf56brSThvV3yjgYAwfjAdBgNVHQ4EFgQU
xd4dqfesImLGeg/b+HruBbN220wwHwYDVR0jBBgwFoAUxd4dqfesImLGeg/b+Hru
BbN220wwDwYDVR0TAQH/BAUwAwEB/zArBgNVHREEJDAighByZWdpc3RyeS5leGFt
cGxlgg50b2tlbnMuZXhhbXBsZTAKBggqhkjOPQQDAgNHADBEAiBaf266Urij1bb4
IsT+KC+KXhu0Rfp62CMrIATLZyDWjQIgVxe0nSRjcwD8dV2Kh/XPgIISFzCqeoYj
+NtMWPcrQaE=
-----END CERTIFICATE-----
`;
