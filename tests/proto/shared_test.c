/* SPDX-License-Identifier: MIT */
/* Objects within messages: profile, participant, successor certificate. */
#include "round_trip.h"

#include <stdio.h>

/* Participants, within a RoomUpdate. */
static wzp_err decode_participant(const char *json, wzp_participant *out)
{
    char text[512];
    snprintf(text, sizeof text,
             "{\"RoomUpdate\":{\"count\":1,\"participants\":[%s]}}", json);
    wzp_signal sig;
    WZP_TRY(decode(text, &sig));
    *out = sig.u.room_update.participants.v[0];
    return WZP_OK;
}

WZP_TEST(participant_needs_a_fingerprint_only)
{
    wzp_participant p;
    assert_int_equal(decode_participant("{\"fingerprint\":\"f\"}", &p), WZP_OK);
    assert_null(p.alias.ptr);
    assert_null(p.relay_label.ptr);
    assert_int_equal(decode_participant("{\"alias\":\"a\"}", &p),
                     WZP_ERR_FIELD);
    assert_int_equal(
        decode_participant("{\"fingerprint\":\"f\",\"mid\":\"AA\"}", &p),
        WZP_ERR_FIELD);
    assert_int_equal(
        decode_participant("{\"fingerprint\":\"f\",\"mid\":\"AB\"}", &p),
        WZP_ERR_B64);
    assert_int_equal(
        decode_participant("{\"fingerprint\":\"f\",\"mid\":null}", &p), WZP_OK);
    assert_int_equal(
        decode_participant("{\"fingerprint\":\"f\",\"fingerprint\":\"f\"}", &p),
        WZP_ERR_JSON);
}

WZP_TEST(profile_of_every_codec_round_trips)
{
    for (unsigned i = 0; i < WZP_CODEC_COUNT; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "{\"QualityDirective\":{\"recommended_profile\":{\"codec\":"
                 "\"%s\",\"fec_ratio\":0.5,\"frame_duration_ms\":20,"
                 "\"frames_per_block\":5}}}",
                 wzp_codec_info_get(i)->name);
        const wzp_signal sig = round_trip(text);
        assert_int_equal(sig.u.quality_directive.recommended_profile.codec, i);
    }
}

WZP_TEST(successor_certificate_needs_all_its_keys)
{
    wzp_signal sig;
    assert_int_equal(
        decode("{\"RegisterPresenceAck\":{\"success\":true,\"next_tls\":{}}}",
               &sig),
        WZP_ERR_FIELD);
    assert_int_equal(
        decode("{\"RegisterPresenceAck\":{\"success\":true,\"next_tls\":null}}",
               &sig),
        WZP_OK);
    assert_false(sig.u.register_presence_ack.next_tls.has);
}
