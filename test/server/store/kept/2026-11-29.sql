--
-- PostgreSQL database dump
--

\restrict pRIJM9LzMLjGuyMGjhaweWDtn7ILS8R7reTShmQs5dQ5rdWRSjfx6mJSYYqGBCB

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

INSERT INTO public.totp_flow_devices VALUES ('ann', '06e01cf2-8f91-49fd-a1ff-6dbf14aa8f2c', 'ebdb2f69.OWrTAXattWaDTUJk._wJaJ-WxlobuCfEaDjEN5YiS82ySGcUAzhOP0if1k8jZZJdJYOnov-bko1UzoYgc', 1767225600000, 1767225600000, 58907520, 0, 0, 0, 0, 0);
INSERT INTO public.totp_flow_devices VALUES ('bob', '3f4a0370-0c3a-44ab-aaa3-ec5e1c46aa4d', 'ebdb2f69.xcAeJz8BBi6Poa67.UjBS0iiUk9mtQr6fZehTp0c97Pv4V_uyLy073yBqGf3L0rN2g2BR4lNBnYZk3eTM', 1767225630000, NULL, -1, 0, 0, 0, 0, 0);
INSERT INTO public.totp_flow_devices VALUES ('cid', '6b1359d2-9528-43fa-801b-d86ccf443c17', 'ebdb2f69._mfOPrcw1Kt1ZwrX.LLZ27Tok8fMzTZ8l_entcyBdkFG0oFkqyCKM2TBCkMrZREI5jQSMQgTaB2FwVBLQ', 1767225630000, 1767225630000, 58907521, 5, 1767225690000, 0, 0, 0);


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

INSERT INTO public.totp_flow_migrations VALUES ('2026-11-24-devices-attempts-tokens-keys', 1795934096315);
INSERT INTO public.totp_flow_migrations VALUES ('2026-11-25-throttle-in-the-device-row', 1795934096316);
INSERT INTO public.totp_flow_migrations VALUES ('2026-11-26-recovery-codes-addresses-key-overlap', 1795934096317);
INSERT INTO public.totp_flow_migrations VALUES ('2026-11-28-address-calls-by-the-end-of-their-window', 1795934096317);
INSERT INTO public.totp_flow_migrations VALUES ('2026-11-28-session-rules-and-reserves', 1795934096318);


--
-- Data for Name: totp_flow_recovery_codes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.totp_flow_recovery_codes VALUES ('06e01cf2-8f91-49fd-a1ff-6dbf14aa8f2c', '7467e307b9dc3c62b24a45f888010259e0929d5d31e689bedf31e797a4e99709');
INSERT INTO public.totp_flow_recovery_codes VALUES ('06e01cf2-8f91-49fd-a1ff-6dbf14aa8f2c', '46298e31a14187bed1930018a99f2930fb31638da3f827415f54e15c57d87580');
INSERT INTO public.totp_flow_recovery_codes VALUES ('06e01cf2-8f91-49fd-a1ff-6dbf14aa8f2c', '27022a8bff8d4dfc064f1cfa9f3471e5e34d8d83138c0fed297f9db2f3a8129a');
INSERT INTO public.totp_flow_recovery_codes VALUES ('06e01cf2-8f91-49fd-a1ff-6dbf14aa8f2c', '9238933d37227dce135b82ccd8304a555c49652e62cc260464c501eef058bb22');
INSERT INTO public.totp_flow_recovery_codes VALUES ('06e01cf2-8f91-49fd-a1ff-6dbf14aa8f2c', '6c4c5b6418c5bdea6d03e9b1de1c8ca0118a4a2ee9e240fd6cecb366768d320a');
INSERT INTO public.totp_flow_recovery_codes VALUES ('06e01cf2-8f91-49fd-a1ff-6dbf14aa8f2c', 'd888108675a2ad1c923ec1c2ac2f3d1ff1f7e2d7cae8246aa55d2d80c883d983');
INSERT INTO public.totp_flow_recovery_codes VALUES ('06e01cf2-8f91-49fd-a1ff-6dbf14aa8f2c', '7645d4ba87f67e182148490a001967f272817b6de06df475611b6b045fd0c20c');
INSERT INTO public.totp_flow_recovery_codes VALUES ('06e01cf2-8f91-49fd-a1ff-6dbf14aa8f2c', '0fecb03546c6443712d8cab217ad5b6ec295855c2e7abecac81b3016562f7cdf');
INSERT INTO public.totp_flow_recovery_codes VALUES ('06e01cf2-8f91-49fd-a1ff-6dbf14aa8f2c', '6fad292a8b71b0c3bca800d81b303941ddc8bbc870cb7ca18161aae52d12e36d');
INSERT INTO public.totp_flow_recovery_codes VALUES ('6b1359d2-9528-43fa-801b-d86ccf443c17', '6c56ecd1495ec015c883ae845ce3d0a2a254abab6d8951536d71864fc4df487d');
INSERT INTO public.totp_flow_recovery_codes VALUES ('6b1359d2-9528-43fa-801b-d86ccf443c17', 'f68256f86712fa56ff7d7848c5ddb407dcced2d8a271c5f1f7eb3b15d638696a');
INSERT INTO public.totp_flow_recovery_codes VALUES ('6b1359d2-9528-43fa-801b-d86ccf443c17', '4e2af13bea3c0a3bec56c87f36b1c371aacf2c96eb6e7db27fadad82af75fea2');
INSERT INTO public.totp_flow_recovery_codes VALUES ('6b1359d2-9528-43fa-801b-d86ccf443c17', 'b1f8f0b8dce8b79a2239bb245f897ecb4391257357bcd316e80cbef8c1e86a48');
INSERT INTO public.totp_flow_recovery_codes VALUES ('6b1359d2-9528-43fa-801b-d86ccf443c17', '9dbb7b330cd281edebee48b23cde1341b51947386e8691304af56c1d40c2bc12');
INSERT INTO public.totp_flow_recovery_codes VALUES ('6b1359d2-9528-43fa-801b-d86ccf443c17', 'ef8e855d667bb3847df9d8b577bf09d357ec3fa8744b9dd211669f26d80d7f7a');
INSERT INTO public.totp_flow_recovery_codes VALUES ('6b1359d2-9528-43fa-801b-d86ccf443c17', 'f896935490157e3eece51378cd77640b16f245830ed268dc9c5de7514cd76acb');
INSERT INTO public.totp_flow_recovery_codes VALUES ('6b1359d2-9528-43fa-801b-d86ccf443c17', '34b554ac1baa926d4caf7ed2f6190321a23508e0f7d4b464c5f81508f3ca109d');
INSERT INTO public.totp_flow_recovery_codes VALUES ('6b1359d2-9528-43fa-801b-d86ccf443c17', '5e841df6a846f7b2f95daba9098dcfcd0d3adfd6daa595cd847e0ef4d6f75310');
INSERT INTO public.totp_flow_recovery_codes VALUES ('6b1359d2-9528-43fa-801b-d86ccf443c17', 'f4186fbe229c1ec3d5c9e460d719ec78d224ba1e70976d9c450c4b709f7c65e5');


--
-- Data for Name: totp_flow_session_reserves; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: totp_flow_session_rules; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.totp_flow_session_rules VALUES ('ann', 0, 0, 0, NULL, 1767225600000);
INSERT INTO public.totp_flow_session_rules VALUES ('bob', 0, 0, 0, NULL, 1767225630000);
INSERT INTO public.totp_flow_session_rules VALUES ('cid', 0, 0, 0, NULL, 1767225630000);


--
-- Data for Name: totp_flow_signing_keys; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.totp_flow_signing_keys VALUES (1, 'eeb90eab-91c7-43b2-9070-8ad5d4a28c66', '{"crv":"Ed25519","x":"2FXmXlQjdlFwF3Jp2B4UZ3_DCNafvgfCC0sK_COuauc","kty":"OKP","kid":"eeb90eab-91c7-43b2-9070-8ad5d4a28c66","alg":"EdDSA","use":"sig"}', 'ebdb2f69.tH-Kd_wZ47oduHJH.ov3c23nmauWMoNEwmcE1EvaRyfPn0VrBgr4pR_-PHQIb2QCpC6Y7qpDpyvY0tVsL4pwmj8dbd18cmdxTN4h8KXqMXHPlVXgoJkLt7ppn4pmFZKY1qx5PDErzlgSWoWrKD_vgjQLOGUOrCZ528jeFlNy9tEictk2NeaWcbbJwXQ8b6IVsxvbaFRmar8arnfzt8Q', 0);
INSERT INTO public.totp_flow_signing_keys VALUES (2, '6f6a24db-6bdc-4e87-98da-20c3a4ae27da', '{"crv":"Ed25519","x":"Dzq-95rDZmJveWAScYP81TIUDEeMnmba1iU2tyi5KuM","kty":"OKP","kid":"6f6a24db-6bdc-4e87-98da-20c3a4ae27da","alg":"EdDSA","use":"sig"}', 'ebdb2f69.jyqV_HB1_RThK3Sb.txE1-9lKB3bs6XhIzZOPwEVp1uGVSnWHdk4rxuLBtmfc3T5g4ryuV-zpoi7BCCXfke0P9NGPWK8VmYmqYfnWqkBxW7wQREn-qyA64jIv_kKghROCgX3Wzzz_BPfq-wFemYTy-jrQtj_2KdGnaG150-uzbWEEWudQoFMiX0I-o1uCLZdUuKtEBZW6Ab0rJv5IVw', 1767226260000);


--
-- Data for Name: totp_flow_spent_tokens; Type: TABLE DATA; Schema: public; Owner: -
--



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

\unrestrict pRIJM9LzMLjGuyMGjhaweWDtn7ILS8R7reTShmQs5dQ5rdWRSjfx6mJSYYqGBCB

