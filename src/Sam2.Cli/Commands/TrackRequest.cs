using Sam2.Cli.Prompts;

namespace Sam2.Cli.Commands;

/// <summary>What <c>sam2 track</c> was asked for.</summary>
/// <param name="Video">A video file or a folder of pictures.</param>
/// <param name="Model">Which model, where and how.</param>
/// <param name="Prompts">What is said of which object on which frame.</param>
/// <param name="Start">First frame to track, or null for the earliest prompted one.</param>
/// <param name="Frames">How many frames to track, or null for all.</param>
/// <param name="Reverse">Whether to track backwards in time.</param>
/// <param name="Directory">Where results are written.</param>
/// <param name="Save">Which results: <c>overlay</c>, <c>side-by-side</c>, <c>masks</c>, <c>cutout</c>, <c>davis</c>, <c>json</c>.</param>
/// <param name="Pictures">How overlays are drawn.</param>
/// <param name="MaxSide">Longer side to scale frames down to, or null.</param>
/// <param name="FillHoles">Largest hole that is filled, in pixels of the model's low-resolution mask.</param>
internal sealed record TrackRequest(
    string Video, ModelRequest Model, IReadOnlyList<TrackPrompt> Prompts, int? Start, int? Frames, bool Reverse, string Directory,
    IReadOnlySet<string> Save, PictureRequest Pictures, int? MaxSide, int FillHoles);
