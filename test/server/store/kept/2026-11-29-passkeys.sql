--
-- PostgreSQL database dump
--

\restrict Iw0RSpS75GDhgigvAYqYCmjryZFKuCtbOTFYq8d6cncF9b5G8e5bXXS8wVIKQHP

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
-- Name: totp_flow_address_calls; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.totp_flow_address_calls (
    address character varying(64) NOT NULL,
    window_end bigint NOT NULL,
    calls integer NOT NULL
);


--
-- Name: totp_flow_devices; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.totp_flow_devices (
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
-- Name: totp_flow_mfa_tokens; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.totp_flow_mfa_tokens (
    hash character varying(64) NOT NULL,
    user_id character varying(255) NOT NULL,
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
-- Name: totp_flow_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.totp_flow_migrations (
    name character varying(255) NOT NULL,
    done_at bigint NOT NULL
);


--
-- Name: totp_flow_passkeys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.totp_flow_passkeys (
    user_id character varying(255) NOT NULL,
    id character varying(64) NOT NULL,
    credential_id character varying(1400) NOT NULL,
    public_key text NOT NULL,
    sign_count bigint NOT NULL,
    transports text NOT NULL,
    backup_eligible integer NOT NULL,
    backed_up integer NOT NULL,
    aaguid character varying(64) NOT NULL,
    alias character varying(255) NOT NULL,
    created_at bigint NOT NULL,
    last_used_at bigint
);


--
-- Name: totp_flow_recovery_codes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.totp_flow_recovery_codes (
    device_id character varying(64) NOT NULL,
    hash character varying(64) NOT NULL
);


--
-- Name: totp_flow_session_reserves; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.totp_flow_session_reserves (
    session_id character varying(64) NOT NULL,
    kind character varying(16) NOT NULL,
    failures integer NOT NULL,
    counts_until bigint NOT NULL
);


--
-- Name: totp_flow_session_rules; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.totp_flow_session_rules (
    user_id character varying(255) NOT NULL,
    generation bigint NOT NULL,
    live_from bigint NOT NULL,
    registers_from bigint NOT NULL,
    spared_session character varying(255),
    changed_at bigint NOT NULL
);


--
-- Name: totp_flow_signing_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.totp_flow_signing_keys (
    generation integer NOT NULL,
    kid character varying(64) NOT NULL,
    public_jwk text NOT NULL,
    sealed_private_jwk text NOT NULL,
    signs_from bigint DEFAULT 0 NOT NULL
);


--
-- Name: totp_flow_spent_tokens; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.totp_flow_spent_tokens (
    jti character varying(64) NOT NULL,
    expires_at bigint NOT NULL
);


--
-- Data for Name: totp_flow_address_calls; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: totp_flow_devices; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.totp_flow_devices VALUES ('ann', '4b1ba514-a801-4d24-87d4-9c39ce5855d6', 'ebdb2f69.nO_T4SZTZrwn-5Xo.hibqsGYl49d0fJEf71ZjF_wXd7-QjQX7r4Hx9AQH5GsaKhxxAyyWe9qNNt6dmkom', 1767225600000, 1767225600000, 58907520, 0, 0, 0, 0, 0);
INSERT INTO public.totp_flow_devices VALUES ('bob', 'ec145217-d33d-46ac-bdb8-0ac49b85eb82', 'ebdb2f69.z_z3tb-0Opxh2MnP.Wxil88RkEOkBVI-TuODjXfktRhI-QR4OpLgqlFC4EiGs8Uv-ukG-TY39bORyORr4', 1767225630000, NULL, -1, 0, 0, 0, 0, 0);
INSERT INTO public.totp_flow_devices VALUES ('cid', 'f2409dc8-9a23-4693-bb98-bbe119ed68df', 'ebdb2f69.sXgaH3DzQ85UmI9K.UYElldYQafS_VE5VHn_OlUqp6RdwIHNvzVGHczp2g9AIQBYvjZQwFmUoFUFaYFGq', 1767225630000, 1767225630000, 58907521, 5, 1767225690000, 0, 0, 0);


--
-- Data for Name: totp_flow_mfa_tokens; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: totp_flow_migration_lock; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.totp_flow_migration_lock VALUES (1, 1);


--
-- Data for Name: totp_flow_migrations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.totp_flow_migrations VALUES ('2026-11-24-devices-attempts-tokens-keys', 1795960497510);
INSERT INTO public.totp_flow_migrations VALUES ('2026-11-25-throttle-in-the-device-row', 1795960497511);
INSERT INTO public.totp_flow_migrations VALUES ('2026-11-26-recovery-codes-addresses-key-overlap', 1795960497514);
INSERT INTO public.totp_flow_migrations VALUES ('2026-11-28-address-calls-by-the-end-of-their-window', 1795960497520);
INSERT INTO public.totp_flow_migrations VALUES ('2026-11-28-session-rules-and-reserves', 1795960497521);
INSERT INTO public.totp_flow_migrations VALUES ('2026-11-29-passkeys', 1795960497521);


--
-- Data for Name: totp_flow_passkeys; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.totp_flow_passkeys VALUES ('dan', 'ff5f9481-0c2b-4e4b-b8f3-3e8aa7d0e64b', 'ZcEhPLjkHj5J6AxqvuGdN5sg8tpRK-yVlMwUrkLKE-o', 'pQECAyYgASFYIJAbyVTQwBPEY0JPlhlc8X9P9rBvZoyNMnBt_0XaWtIGIlggG291ls12Z2Y5_kLAINVqSIPCmZJdJ6IcmfuxJ2Hk7fk', 1, 'usb', 1, 1, '4e49442d-4155-5448-2d33-313431353932', 'Blue phone', 1767225660000, 1767225660000);


--
-- Data for Name: totp_flow_recovery_codes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.totp_flow_recovery_codes VALUES ('4b1ba514-a801-4d24-87d4-9c39ce5855d6', '5cce60f073da6520e2583572292dd237d08e5e05791c5d3f3dc311bae713a05d');
INSERT INTO public.totp_flow_recovery_codes VALUES ('4b1ba514-a801-4d24-87d4-9c39ce5855d6', 'f3eacadd67157b25e46b49820f1519800aa413b7b4b0846ae3d2c6510be66033');
INSERT INTO public.totp_flow_recovery_codes VALUES ('4b1ba514-a801-4d24-87d4-9c39ce5855d6', '5555bca886f46759dff2ff817a2d6fa405e89f875de76ee2b4c07778310d44e7');
INSERT INTO public.totp_flow_recovery_codes VALUES ('4b1ba514-a801-4d24-87d4-9c39ce5855d6', '386769489f30d5eade0f29c4e9be5e1fa093fffd3dd560c46fab5834ae668b87');
INSERT INTO public.totp_flow_recovery_codes VALUES ('4b1ba514-a801-4d24-87d4-9c39ce5855d6', '095111ab2a86d6384018ad83f522c020401edf9b99185dcae5fa7c7a04bb5ede');
INSERT INTO public.totp_flow_recovery_codes VALUES ('4b1ba514-a801-4d24-87d4-9c39ce5855d6', '305bcc89a1ebcdb7f665ef62e6c6977c669f4d00a5916c6f44cb925cc4d14f56');
INSERT INTO public.totp_flow_recovery_codes VALUES ('4b1ba514-a801-4d24-87d4-9c39ce5855d6', 'ba7ac7705d3522d0b07af1678bf1b41a5d13ed8f2f294e1a3ebfa0099374149e');
INSERT INTO public.totp_flow_recovery_codes VALUES ('4b1ba514-a801-4d24-87d4-9c39ce5855d6', '4e07d5e2f7b27b7ee06ef779a2afe584d90f17767debb61a411cfbe11b93439a');
INSERT INTO public.totp_flow_recovery_codes VALUES ('4b1ba514-a801-4d24-87d4-9c39ce5855d6', '1494267db4b795c468c685dc2e28c6d01f3d54d30c002368b3aaf9c9c0492910');
INSERT INTO public.totp_flow_recovery_codes VALUES ('f2409dc8-9a23-4693-bb98-bbe119ed68df', '0f0d17508e1d7e7dc27c24241784c9ccbecc1b182ae22f1736f694e89fb17eb6');
INSERT INTO public.totp_flow_recovery_codes VALUES ('f2409dc8-9a23-4693-bb98-bbe119ed68df', 'cc1da7df2667348ad9ab0947898c51d1200ba34f0dd821a9fbec01426935f4ee');
INSERT INTO public.totp_flow_recovery_codes VALUES ('f2409dc8-9a23-4693-bb98-bbe119ed68df', '578c0cff23db26d551ccb057e700ba2465e4dfdc93186eeae10edd5054eb6915');
INSERT INTO public.totp_flow_recovery_codes VALUES ('f2409dc8-9a23-4693-bb98-bbe119ed68df', '0bea870fca56002dd76cccfdcb1eff6f89350b61ebb981f55b8f26f60c6e5f1a');
INSERT INTO public.totp_flow_recovery_codes VALUES ('f2409dc8-9a23-4693-bb98-bbe119ed68df', 'dbd101c5ba799e52bf3124b3a4caa1cfce4eab3da08d652bc677e44eba0421db');
INSERT INTO public.totp_flow_recovery_codes VALUES ('f2409dc8-9a23-4693-bb98-bbe119ed68df', 'e20ef6d872d7c3d436dd2a7f8794860a99eaf63d30819a68d921fadb152114b3');
INSERT INTO public.totp_flow_recovery_codes VALUES ('f2409dc8-9a23-4693-bb98-bbe119ed68df', '0775780c48a4e0c6fa65d6a25c8ab04cc2c0e41e3c32e874cff451a643c696e0');
INSERT INTO public.totp_flow_recovery_codes VALUES ('f2409dc8-9a23-4693-bb98-bbe119ed68df', '7a42d4552f9c541e434cd7119d90c0bb0f2f57423863f0a14191a813999ec8dc');
INSERT INTO public.totp_flow_recovery_codes VALUES ('f2409dc8-9a23-4693-bb98-bbe119ed68df', 'a5d5de75697c5a2944fef04580d8831251e16916d8635cc6282cd00961106412');
INSERT INTO public.totp_flow_recovery_codes VALUES ('f2409dc8-9a23-4693-bb98-bbe119ed68df', 'ef7e750108d5f5e2dcd680d1e7b1aae353de268cf8c3cb2d2d102e199a71043d');


--
-- Data for Name: totp_flow_session_reserves; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: totp_flow_session_rules; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.totp_flow_session_rules VALUES ('ann', 0, 0, 0, NULL, 1767225600000);
INSERT INTO public.totp_flow_session_rules VALUES ('bob', 0, 0, 0, NULL, 1767225630000);
INSERT INTO public.totp_flow_session_rules VALUES ('cid', 0, 0, 0, NULL, 1767225630000);
INSERT INTO public.totp_flow_session_rules VALUES ('dan', 0, 0, 0, NULL, 1767225660000);


--
-- Data for Name: totp_flow_signing_keys; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.totp_flow_signing_keys VALUES (1, 'fd7e293f-8265-4897-ad2d-827227db951b', '{"crv":"Ed25519","x":"hgg9OnQK1CmyXLRSefdaOQmk1RtPFtl_--qzn7niMCU","kty":"OKP","kid":"fd7e293f-8265-4897-ad2d-827227db951b","alg":"EdDSA","use":"sig"}', 'ebdb2f69.wJLQExBIPi4RGpiC.8whhryfIb35EeDJvr47l0w4jdYJJHQQiFjZ5QuD0MDBY_gDl16pApkLTzysMVQDCLPW_cgtYJhI_P13rCWgdgOb9GQLGwbyNLIdig8q1yipYbDuyEd_Q1XTVI6Awn1z1au7DOJlZB_YwQbOL6b0-hLzUMqYLO4TMZ8TqatNXtmvzbdRq01jcdddZcbY0a1Bi2A', 0);
INSERT INTO public.totp_flow_signing_keys VALUES (2, '72ac61b8-946a-41c0-88fa-f9a18abca59d', '{"crv":"Ed25519","x":"iIYMZrb8_AvBl_WaQRzKplhAzvsQ5T3tZvmOVOULWqE","kty":"OKP","kid":"72ac61b8-946a-41c0-88fa-f9a18abca59d","alg":"EdDSA","use":"sig"}', 'ebdb2f69.VRZ-76XU0h36YqS9.mymWYlHxZTPA6USgG5B3Yg_o5zXwzSQT6Gdk857XBSUHTIHwjvkN4qCTYJFneIGqkymxE53wq9AxqLe3dRXeCX-m-PV_WCcWDJEAApLSDzgzQVxn0sqzu65eFmyGp1tBdL5zmiJfYn3SRpGAnZCMJT2TI_0kH2F4hnP_dBFhdG2WD3PRAIlhbEF0onmZdqsfhQ', 1767226260000);


--
-- Data for Name: totp_flow_spent_tokens; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.totp_flow_spent_tokens VALUES ('847687cc3ec930531440b5f4e121c23833027a0041f2a60767f6abfc9b3500cc', 1767225960000);
INSERT INTO public.totp_flow_spent_tokens VALUES ('a974cca49e653df8e672693a5e36ccedd68f3641e12f8280dbc9e576f94094eb', 1767225960000);


--
-- Name: totp_flow_address_calls totp_flow_address_calls_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp_flow_address_calls
    ADD CONSTRAINT totp_flow_address_calls_pk PRIMARY KEY (address, window_end);


--
-- Name: totp_flow_devices totp_flow_devices_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp_flow_devices
    ADD CONSTRAINT totp_flow_devices_id_key UNIQUE (id);


--
-- Name: totp_flow_devices totp_flow_devices_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp_flow_devices
    ADD CONSTRAINT totp_flow_devices_pkey PRIMARY KEY (user_id);


--
-- Name: totp_flow_mfa_tokens totp_flow_mfa_tokens_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp_flow_mfa_tokens
    ADD CONSTRAINT totp_flow_mfa_tokens_pkey PRIMARY KEY (hash);


--
-- Name: totp_flow_migration_lock totp_flow_migration_lock_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp_flow_migration_lock
    ADD CONSTRAINT totp_flow_migration_lock_pkey PRIMARY KEY (id);


--
-- Name: totp_flow_migrations totp_flow_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp_flow_migrations
    ADD CONSTRAINT totp_flow_migrations_pkey PRIMARY KEY (name);


--
-- Name: totp_flow_passkeys totp_flow_passkeys_credential_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp_flow_passkeys
    ADD CONSTRAINT totp_flow_passkeys_credential_id_key UNIQUE (credential_id);


--
-- Name: totp_flow_passkeys totp_flow_passkeys_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp_flow_passkeys
    ADD CONSTRAINT totp_flow_passkeys_pk PRIMARY KEY (user_id, id);


--
-- Name: totp_flow_recovery_codes totp_flow_recovery_codes_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp_flow_recovery_codes
    ADD CONSTRAINT totp_flow_recovery_codes_pk PRIMARY KEY (device_id, hash);


--
-- Name: totp_flow_session_reserves totp_flow_session_reserves_pk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp_flow_session_reserves
    ADD CONSTRAINT totp_flow_session_reserves_pk PRIMARY KEY (session_id, kind);


--
-- Name: totp_flow_session_rules totp_flow_session_rules_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp_flow_session_rules
    ADD CONSTRAINT totp_flow_session_rules_pkey PRIMARY KEY (user_id);


--
-- Name: totp_flow_signing_keys totp_flow_signing_keys_kid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp_flow_signing_keys
    ADD CONSTRAINT totp_flow_signing_keys_kid_key UNIQUE (kid);


--
-- Name: totp_flow_signing_keys totp_flow_signing_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp_flow_signing_keys
    ADD CONSTRAINT totp_flow_signing_keys_pkey PRIMARY KEY (generation);


--
-- Name: totp_flow_spent_tokens totp_flow_spent_tokens_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.totp_flow_spent_tokens
    ADD CONSTRAINT totp_flow_spent_tokens_pkey PRIMARY KEY (jti);


--
-- Name: totp_flow_address_calls_by_window; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX totp_flow_address_calls_by_window ON public.totp_flow_address_calls USING btree (window_end);


--
-- Name: totp_flow_mfa_tokens_by_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX totp_flow_mfa_tokens_by_expiry ON public.totp_flow_mfa_tokens USING btree (expires_at);


--
-- Name: totp_flow_mfa_tokens_by_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX totp_flow_mfa_tokens_by_user ON public.totp_flow_mfa_tokens USING btree (user_id);


--
-- Name: totp_flow_session_reserves_by_end; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX totp_flow_session_reserves_by_end ON public.totp_flow_session_reserves USING btree (counts_until);


--
-- Name: totp_flow_session_rules_by_change; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX totp_flow_session_rules_by_change ON public.totp_flow_session_rules USING btree (changed_at);


--
-- Name: totp_flow_spent_tokens_by_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX totp_flow_spent_tokens_by_expiry ON public.totp_flow_spent_tokens USING btree (expires_at);


--
-- PostgreSQL database dump complete
--

\unrestrict Iw0RSpS75GDhgigvAYqYCmjryZFKuCtbOTFYq8d6cncF9b5G8e5bXXS8wVIKQHP

