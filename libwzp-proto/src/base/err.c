/* SPDX-License-Identifier: MIT */
/* Class, text and name of every error, all from the one table in err.h. */
#include <wzp/proto/err.h>

wzp_errclass wzp_err_class(wzp_err e)
{
    switch (e) {
#define CASE(name, value, cls, text)                                           \
    case value: return WZP_CLASS_##cls;
        WZP_ERR_TABLE(CASE)
#undef CASE
    default: return WZP_CLASS_BUG;
    }
}

const char *wzp_strerror(wzp_err e)
{
    switch (e) {
#define CASE(name, value, cls, text)                                           \
    case value: return text;
        WZP_ERR_TABLE(CASE)
#undef CASE
    default: return "unknown error";
    }
}

const char *wzp_err_name(wzp_err e)
{
    switch (e) {
#define CASE(name, value, cls, text)                                           \
    case value: return "WZP_" #name;
        WZP_ERR_TABLE(CASE)
#undef CASE
    default: return "WZP_ERR_?";
    }
}
