--
-- PostgreSQL database dump
--

\restrict ad51r3tsRSNOsR4N7Pxadnmrlq5MHryGQefveqlUmAdzlJzeYvxr2th1GvGAa2X

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
    window_start bigint NOT NULL,
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

INSERT INTO public.devices VALUES ('ann', '55328f5b-1193-4750-b0de-428670f922f5', 'ebdb2f69.hYOhc0oaFWitvhAj.WzppTtYS-9sO6MzV4_9LyiVqFY7a3mKpVwVaSudByoRDOkp5EAw_QMEY6Fb51Rig', 1767225600000, 1767225600000, 58907520, 0, 0, 0, 0, 0);
INSERT INTO public.devices VALUES ('bob', '0f02a82a-171a-4ec1-b6b0-ede3d78e7aac', 'ebdb2f69.oz9bwcZf2HckX2EA.Hj9TW6T1sFAzzUts0PW3GrCre3NW0Tu0M65YJUU3M8esGAf6DfbJRVkYH3THeRoe', 1767225630000, NULL, -1, 0, 0, 0, 0, 0);
INSERT INTO public.devices VALUES ('cid', '17049daa-93a3-425c-882a-43ad9b49aa62', 'ebdb2f69.1zvD_cB4XhzsjoD2.VEbQR48fj3eHkW3FdVMfJwZ1nN26eKkzLuxoFpae-ydZVdKJcUp_8zbXfEbeOyyj', 1767225630000, 1767225630000, 58907521, 5, 1767225690000, 0, 0, 0);


--
-- Data for Name: kysely_migration; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.kysely_migration VALUES ('2026-11-24-devices-attempts-tokens-keys', '2026-11-29T06:34:57.553Z');
INSERT INTO public.kysely_migration VALUES ('2026-11-25-throttle-in-the-device-row', '2026-11-29T06:34:57.558Z');
INSERT INTO public.kysely_migration VALUES ('2026-11-26-recovery-codes-addresses-key-overlap', '2026-11-29T06:34:57.566Z');


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

INSERT INTO public.recovery_codes VALUES ('55328f5b-1193-4750-b0de-428670f922f5', '4bc9efce3aaf255a4599361c98da0f86371c90709089af01d107df6f7556d67f');
INSERT INTO public.recovery_codes VALUES ('55328f5b-1193-4750-b0de-428670f922f5', '41b6a51ae0ac2669a95939fca1a36fc4c792d574dfd30a6e7cdceee0c953f975');
INSERT INTO public.recovery_codes VALUES ('55328f5b-1193-4750-b0de-428670f922f5', '801a0cc2334d75bf927803fa2838787c0eedba286a7b00a5e0eca54338d4e7ab');
INSERT INTO public.recovery_codes VALUES ('55328f5b-1193-4750-b0de-428670f922f5', '79e1936b76be04adc2fb2840fb564f096a3304979088e7054102acc67d718327');
INSERT INTO public.recovery_codes VALUES ('55328f5b-1193-4750-b0de-428670f922f5', '18c68da267ac21b599632576865f316a0ba3fe3d26c645f0851d15e0f0e88e2e');
INSERT INTO public.recovery_codes VALUES ('55328f5b-1193-4750-b0de-428670f922f5', 'bd505565e07c44404740457d4c511b9a51861bf0b0642bcbaa3dcaf05f4932a7');
INSERT INTO public.recovery_codes VALUES ('55328f5b-1193-4750-b0de-428670f922f5', '08a807b24436d827b048079c65bf6234ac5ab9b2e3b8c0894d6cfe5c47d11066');
INSERT INTO public.recovery_codes VALUES ('55328f5b-1193-4750-b0de-428670f922f5', '80115e3e851c3b132be290fee47cf7732169f615ab5bde771c0df2e674c55fc6');
INSERT INTO public.recovery_codes VALUES ('55328f5b-1193-4750-b0de-428670f922f5', 'd965c061e8ffdcd53d07aca140efe2eca084f34abe7203ec809c3e55a851002a');
INSERT INTO public.recovery_codes VALUES ('17049daa-93a3-425c-882a-43ad9b49aa62', 'f06160ff28aaa1bb39101f14193c333bb828978642bbf52489b0b9ef4f71d591');
INSERT INTO public.recovery_codes VALUES ('17049daa-93a3-425c-882a-43ad9b49aa62', '97c56b1fed9c15f1da8b40433f1c5e55d1e33375c6b856d1c81e21aee61d63ce');
INSERT INTO public.recovery_codes VALUES ('17049daa-93a3-425c-882a-43ad9b49aa62', '4abb68f6ece3e46b62e3094dfdabb6230a83eaade7e58e3d6a809c54a86f9e7c');
INSERT INTO public.recovery_codes VALUES ('17049daa-93a3-425c-882a-43ad9b49aa62', 'a808e9b3254085b0ddc75c2b1d0834a6831cd833cce48b0ea47ead814b9abc4a');
INSERT INTO public.recovery_codes VALUES ('17049daa-93a3-425c-882a-43ad9b49aa62', '8a7b5fa339f3841f01d80b9104d5cdbb81adac1a26cf51397a290e46f843a505');
INSERT INTO public.recovery_codes VALUES ('17049daa-93a3-425c-882a-43ad9b49aa62', '979f3df3cb10ebfb419db84b250f07a285f2f984a05a68d1ae891187cb11c8b7');
INSERT INTO public.recovery_codes VALUES ('17049daa-93a3-425c-882a-43ad9b49aa62', '1930c8454498f5f40a11eff72a433e10700749500243f9d7e933da189577a49d');
INSERT INTO public.recovery_codes VALUES ('17049daa-93a3-425c-882a-43ad9b49aa62', 'c12abc6427924788aa573f340bd82a41617dfb9711805b3f20d00b13f50e051f');
INSERT INTO public.recovery_codes VALUES ('17049daa-93a3-425c-882a-43ad9b49aa62', 'b04b8e6fbdb3b704fb54c0bb97dd1339d30d91024d820975d200ba7dd1dd5370');
INSERT INTO public.recovery_codes VALUES ('17049daa-93a3-425c-882a-43ad9b49aa62', '31247b6f5ccdcf6a61381c9987ee83b0ca043ba8ef42e00da9217b103132b247');


--
-- Data for Name: signing_keys; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.signing_keys VALUES (1, '22dc50a4-2677-4d74-a561-d85346f643d5', '{"crv":"Ed25519","x":"O3Wk6jN3pRqqWC6BjeaVXbzdZm_w1Fc6VKN16TZDBfc","kty":"OKP","kid":"22dc50a4-2677-4d74-a561-d85346f643d5","alg":"EdDSA","use":"sig"}', 'ebdb2f69.cAxFLNNYTVRIi-Cq.kosG9nEi-67pkoCmOHT9NCpjs4_yR4BYT5sezbnX6pB-1Evvsc8Dbv4-enQMk-SAI6r35wpogHVh4YlpaE9aTzMbRThnw0GVC3ePrb9tJofaw0K9vrEQx8Pr5SABVN35qwzvEAR96SSiVGbWUdkCq6g2i-GQFWZFRzgEkNsKDQguilHXuw82NO-mlBs7w28jfA', 0);
INSERT INTO public.signing_keys VALUES (2, 'ed15a545-f509-406b-bdcd-9edb45831ab3', '{"crv":"Ed25519","x":"3qh7VyP5wcB56ZjooT4okO_J_9ZbfpjPJA-383jep2w","kty":"OKP","kid":"ed15a545-f509-406b-bdcd-9edb45831ab3","alg":"EdDSA","use":"sig"}', 'ebdb2f69.n6JY2eIAFLwdHkDy.KywaOArJ4G3Z7pwaFsONVa_AYUD_YKG8yGpcSGQpi4ERbfYyECr2B6r2hCBOwuVIO9TpX3ucioLF2ZD8UkT1fynOFDQvnnCxHaytsBBPQlFMf4FPlNZXzCiuZtfzESqJ0M_Jk6Ts4BjXHRFDAaziE0L6FDZJQNSeAWu4nMhpyDjlvy-ZakRwi7adDDgeveQPuQ', 1767226260000);


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
    ADD CONSTRAINT address_calls_pk PRIMARY KEY (address, window_start);


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

CREATE INDEX address_calls_by_window ON public.address_calls USING btree (window_start);


--
-- Name: mfa_tokens_by_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX mfa_tokens_by_expiry ON public.mfa_tokens USING btree (expires_at);


--
-- Name: mfa_tokens_by_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX mfa_tokens_by_user ON public.mfa_tokens USING btree (user_id);


--
-- Name: spent_tokens_by_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX spent_tokens_by_expiry ON public.spent_tokens USING btree (expires_at);


--
-- PostgreSQL database dump complete
--

\unrestrict ad51r3tsRSNOsR4N7Pxadnmrlq5MHryGQefveqlUmAdzlJzeYvxr2th1GvGAa2X

