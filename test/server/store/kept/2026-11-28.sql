--
-- PostgreSQL database dump
--

\restrict 5Y6mkoat66zFmEbBmuNXt5vtvDMWxUg2UIkrLBv76mQ8wl2Nnpx4PmgDvCsAYVZ

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: address_calls; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.address_calls (
    address character varying(64) NOT NULL,
    window_end bigint NOT NULL,
    calls integer NOT NULL
);


--
-- Name: devices; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.devices (
    user_id character varying(255) NOT NULL,
    id character varying(64) NOT NULL,
    sealed_secret text NOT NULL,
    created_at bigint NOT NULL,
    verified_at bigint,
    last_step bigint DEFAULT '-1'::integer NOT NULL,
    failures bigint DEFAULT 0 NOT NULL,
    retry_at bigint DEFAULT 0 NOT NULL,
    recovery_failures bigint DEFAULT 0 NOT NULL,
    recovery_retry_at bigint DEFAULT 0 NOT NULL,
    recovery_acknowledged bigint DEFAULT 0 NOT NULL
);


--
-- Name: kysely_migration; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.kysely_migration (
    name character varying(255) NOT NULL,
    "timestamp" character varying(255) NOT NULL
);


--
-- Name: kysely_migration_lock; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.kysely_migration_lock (
    id character varying(255) NOT NULL,
    is_locked integer DEFAULT 0 NOT NULL
);


--
-- Name: mfa_tokens; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.mfa_tokens (
    hash character varying(64) NOT NULL,
    user_id character varying(255) NOT NULL,
    expires_at bigint NOT NULL
);


--
-- Name: recovery_codes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.recovery_codes (
    device_id character varying(64) NOT NULL,
    hash character varying(64) NOT NULL
);


--
-- Name: session_reserves; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.session_reserves (
    session_id character varying(64) NOT NULL,
    kind character varying(16) NOT NULL,
    failures integer NOT NULL,
    counts_until bigint NOT NULL
);


--
-- Name: session_rules; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.session_rules (
    user_id character varying(255) NOT NULL,
    generation bigint NOT NULL,
    live_from bigint NOT NULL,
    registers_from bigint NOT NULL,
    spared_session character varying(255),
    changed_at bigint NOT NULL
);


--
-- Name: signing_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.signing_keys (
    generation integer NOT NULL,
    kid character varying(64) NOT NULL,
    public_jwk text NOT NULL,
    sealed_private_jwk text NOT NULL,
    signs_from bigint DEFAULT 0 NOT NULL
);


--
-- Name: spent_tokens; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.spent_tokens (
    jti character varying(64) NOT NULL,
    expires_at bigint NOT NULL
);


--
-- Name: totp_flow_migration_lock; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.totp_flow_migration_lock (
    id integer NOT NULL,
    holders bigint NOT NULL
);


--
-- Data for Name: address_calls; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: devices; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.devices VALUES ('ann', 'bace8b9b-6748-4086-99f7-2a4ddbaf4c75', 'ebdb2f69.OAA77xHMesUXhY7y.fjkrt02vKoe9vu8Wn-7GhsbATC55MIFK0JjXtAlT8bRGayZbqEzlavyvp3ZIAAGJ', 1767225600000, 1767225600000, 58907520, 0, 0, 0, 0, 0);
INSERT INTO public.devices VALUES ('bob', '359b8e03-3674-4d16-a414-7578bc5b7ad2', 'ebdb2f69.1c4IBOhw869_ouap.jiojyGC3WMWfo117Q7HUHoAy2CQSQ192xjv-fB5LP8H8hawFTJIB-ksR9CbQT7Ri', 1767225630000, NULL, -1, 0, 0, 0, 0, 0);
INSERT INTO public.devices VALUES ('cid', '4301cb2d-d386-411c-ade8-e33169129610', 'ebdb2f69.HX1tvYIFSazF7Mzh.82VNoRgnRyELGTDGpX_GcI4MpyJ7G_XUq9a_b-L66QIhunHkwti_tLbCo34izYQm', 1767225630000, 1767225630000, 58907521, 5, 1767225690000, 0, 0, 0);


--
-- Data for Name: kysely_migration; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.kysely_migration VALUES ('2026-11-24-devices-attempts-tokens-keys', '2026-11-29T06:34:59.813Z');
INSERT INTO public.kysely_migration VALUES ('2026-11-25-throttle-in-the-device-row', '2026-11-29T06:34:59.818Z');
INSERT INTO public.kysely_migration VALUES ('2026-11-26-recovery-codes-addresses-key-overlap', '2026-11-29T06:34:59.837Z');
INSERT INTO public.kysely_migration VALUES ('2026-11-28-address-calls-by-the-end-of-their-window', '2026-11-29T06:34:59.839Z');
INSERT INTO public.kysely_migration VALUES ('2026-11-28-session-rules-and-reserves', '2026-11-29T06:34:59.873Z');


--
-- Data for Name: kysely_migration_lock; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.kysely_migration_lock VALUES ('migration_lock', 0);


--
-- Data for Name: mfa_tokens; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: recovery_codes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.recovery_codes VALUES ('bace8b9b-6748-4086-99f7-2a4ddbaf4c75', '67c79bd40a078aa524b5bcbccc7b1502ca1f418ad310212d2c8f370e20c9fa36');
INSERT INTO public.recovery_codes VALUES ('bace8b9b-6748-4086-99f7-2a4ddbaf4c75', '1ac99f088ee66527a7ad7749f7e8deba3b677f4f79263c663460640ca26e3147');
INSERT INTO public.recovery_codes VALUES ('bace8b9b-6748-4086-99f7-2a4ddbaf4c75', '980e1831f48048c8267921bac19f47c78cf19962bebd4307ba3ca0c1dce7045b');
INSERT INTO public.recovery_codes VALUES ('bace8b9b-6748-4086-99f7-2a4ddbaf4c75', '86fdf23e6de681ea8cff79a5a4d2ef7d74ac5c944bc886af5b8107d39fbd28b7');
INSERT INTO public.recovery_codes VALUES ('bace8b9b-6748-4086-99f7-2a4ddbaf4c75', '3a2135107df52c30af5157566c8667b541c423996564beab064f6c35b18a6b06');
INSERT INTO public.recovery_codes VALUES ('bace8b9b-6748-4086-99f7-2a4ddbaf4c75', '7f5769c11b2ae4e12672e0b5709e2f53f03f30ddebb4d139b4d59519634a368b');
INSERT INTO public.recovery_codes VALUES ('bace8b9b-6748-4086-99f7-2a4ddbaf4c75', 'fac84b79ef9fca0d10204f9fb3b598cec09e19e7ddef7d65ca9c2b967f3eb4ea');
INSERT INTO public.recovery_codes VALUES ('bace8b9b-6748-4086-99f7-2a4ddbaf4c75', 'e07425b8a6d484fcafd67f0f368bd28e2614bbbf3ad66d7c2419964d8fe0adf7');
INSERT INTO public.recovery_codes VALUES ('bace8b9b-6748-4086-99f7-2a4ddbaf4c75', 'efc1aecd72821721c9ceae56f442bc02cf91d3bf2800a337ab0212bdc8a96403');
INSERT INTO public.recovery_codes VALUES ('4301cb2d-d386-411c-ade8-e33169129610', 'ffa124a2895b953cb9e17a83627e0a154bbeb23dacc2049e2357f48bb8a1dad2');
INSERT INTO public.recovery_codes VALUES ('4301cb2d-d386-411c-ade8-e33169129610', 'eb34815a51561d65ade170f296a799db87d1386a09d515c0ad2d2e5f69ca6a1e');
INSERT INTO public.recovery_codes VALUES ('4301cb2d-d386-411c-ade8-e33169129610', 'cb4bc51bd1bbefd270541fb545535ba3b57e34cb97337da61268280f0e161bc7');
INSERT INTO public.recovery_codes VALUES ('4301cb2d-d386-411c-ade8-e33169129610', 'c716428fef3add3f2e99865af186d0e42d1ab7eaaaf8c2e68b8bedfcf4cf67d9');
INSERT INTO public.recovery_codes VALUES ('4301cb2d-d386-411c-ade8-e33169129610', '3c1fa06471f462643561659da53e80200b3208296c84d3ea9431181826793a84');
INSERT INTO public.recovery_codes VALUES ('4301cb2d-d386-411c-ade8-e33169129610', 'a3771eec1f516f5e0b8659e3f5e47e2c229009082f5d0eeec4bb63075dfb3c4f');
INSERT INTO public.recovery_codes VALUES ('4301cb2d-d386-411c-ade8-e33169129610', 'fa85e7384b90e448882c55909c961fe42f3505b10e0d1c4b5e5e56b7c8255434');
INSERT INTO public.recovery_codes VALUES ('4301cb2d-d386-411c-ade8-e33169129610', '4499d05a93fa028a52199c80515976e1589b13dd5f637f05f1d7caa5ee3391a5');
INSERT INTO public.recovery_codes VALUES ('4301cb2d-d386-411c-ade8-e33169129610', 'c83fa30964eba53d34ca93764be76e0e34a09eefdfd41571abf3708503e724f2');
INSERT INTO public.recovery_codes VALUES ('4301cb2d-d386-411c-ade8-e33169129610', 'c10552b77b7b071b1d01ae3af367e9f657d42ad33d7a3f64748b62f06177d0d7');


--
-- Data for Name: session_reserves; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: session_rules; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.session_rules VALUES ('ann', 0, 0, 0, NULL, 1767225600000);
INSERT INTO public.session_rules VALUES ('bob', 0, 0, 0, NULL, 1767225630000);
INSERT INTO public.session_rules VALUES ('cid', 0, 0, 0, NULL, 1767225630000);


--
-- Data for Name: signing_keys; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.signing_keys VALUES (1, '870a90b2-5020-4c83-ba31-9cc85c38aceb', '{"crv":"Ed25519","x":"vDlSI9EofqyKImOrAXtk1mqyaKwB1WKSltZqz_kBgQQ","kty":"OKP","kid":"870a90b2-5020-4c83-ba31-9cc85c38aceb","alg":"EdDSA","use":"sig"}', 'ebdb2f69.RSmZsLx209WHOZce.jpsMQWBYXHAv0dovEZTkwHaUcy65spiFWxtKMtJUDC2FrouDy_h3iMfdbM0dHlsknXjo22e2HNDXFk7fN5uWREbxlAWTqCyPhb3Bor-YQhglvOWtB8SMD7Y7D319FI0Y5kestIb9mRkXL5RNDz7dady9CNeQw34U5bs_dLSrRVt1zuoYrwrm-31I-qx7pvWD5w', 0);
INSERT INTO public.signing_keys VALUES (2, '51ff7300-8a98-4e15-99ee-0b7a27c7e34d', '{"crv":"Ed25519","x":"_P1f19Eb_WBwU89rq-NvK2Wpsuny6wJD-5dwFTgmIvQ","kty":"OKP","kid":"51ff7300-8a98-4e15-99ee-0b7a27c7e34d","alg":"EdDSA","use":"sig"}', 'ebdb2f69.Y1T5iw0i3ZIkIzUQ.51DUHOwoZbOBDsKrvTXm7IY3-LFKtaiWRzKEJutJgg4pdHkGBymvCpgA1c1wtHMf0INKm-3gbyCrPukWfjl8rj5AsS4VbbcbdVEBMHbnLHyxOzetYdfN8AS_pQ8Qnvqd1QZeeapRvn6BG9qXE10J1Xib-yskAajhzkkhHdlLskM7oDpRALHDedOJ7CwSh8RemQ', 1767226260000);


--
-- Data for Name: spent_tokens; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: totp_flow_migration_lock; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.totp_flow_migration_lock VALUES (1, 1);


--
-- Name: address_calls address_calls_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.address_calls
    ADD CONSTRAINT address_calls_pk PRIMARY KEY (address, window_end);


--
-- Name: devices devices_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_id_key UNIQUE (id);


--
-- Name: devices devices_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_pkey PRIMARY KEY (user_id);


--
-- Name: kysely_migration_lock kysely_migration_lock_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.kysely_migration_lock
    ADD CONSTRAINT kysely_migration_lock_pkey PRIMARY KEY (id);


--
-- Name: kysely_migration kysely_migration_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.kysely_migration
    ADD CONSTRAINT kysely_migration_pkey PRIMARY KEY (name);


--
-- Name: mfa_tokens mfa_tokens_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mfa_tokens
    ADD CONSTRAINT mfa_tokens_pkey PRIMARY KEY (hash);


--
-- Name: recovery_codes recovery_codes_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_pk PRIMARY KEY (device_id, hash);


--
-- Name: session_reserves session_reserves_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.session_reserves
    ADD CONSTRAINT session_reserves_pk PRIMARY KEY (session_id, kind);


--
-- Name: session_rules session_rules_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.session_rules
    ADD CONSTRAINT session_rules_pkey PRIMARY KEY (user_id);


--
-- Name: signing_keys signing_keys_kid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.signing_keys
    ADD CONSTRAINT signing_keys_kid_key UNIQUE (kid);


--
-- Name: signing_keys signing_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.signing_keys
    ADD CONSTRAINT signing_keys_pkey PRIMARY KEY (generation);


--
-- Name: spent_tokens spent_tokens_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.spent_tokens
    ADD CONSTRAINT spent_tokens_pkey PRIMARY KEY (jti);


--
-- Name: totp_flow_migration_lock totp_flow_migration_lock_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp_flow_migration_lock
    ADD CONSTRAINT totp_flow_migration_lock_pkey PRIMARY KEY (id);


--
-- Name: address_calls_by_window; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX address_calls_by_window ON public.address_calls USING btree (window_end);


--
-- Name: mfa_tokens_by_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX mfa_tokens_by_expiry ON public.mfa_tokens USING btree (expires_at);


--
-- Name: mfa_tokens_by_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX mfa_tokens_by_user ON public.mfa_tokens USING btree (user_id);


--
-- Name: session_reserves_by_end; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX session_reserves_by_end ON public.session_reserves USING btree (counts_until);


--
-- Name: session_rules_by_change; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX session_rules_by_change ON public.session_rules USING btree (changed_at);


--
-- Name: spent_tokens_by_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX spent_tokens_by_expiry ON public.spent_tokens USING btree (expires_at);


--
-- PostgreSQL database dump complete
--

\unrestrict 5Y6mkoat66zFmEbBmuNXt5vtvDMWxUg2UIkrLBv76mQ8wl2Nnpx4PmgDvCsAYVZ

