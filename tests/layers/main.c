/* SPDX-License-Identifier: MIT
 *
 * The program of the link test (make layers): one whole archive, what lies
 * below it, and nothing else. A symbol from above stays undefined.
 */
int main(void)
{
    return 0;
}
