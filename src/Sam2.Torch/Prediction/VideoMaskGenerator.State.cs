using System.Text.Json;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Prediction;

public sealed partial class VideoMaskGenerator
{
    private const string StateEntry = "video_mask_generator";
    private const int StateVersion = 1;

    /// <summary>
    /// Saves the state after the last frame, so that another process can go on from there as this one would. The file takes up to
    /// 13 MB for each object that is being tracked at 1024×1024 pixels. It appears complete or not at all.
    /// </summary>
    /// <param name="path">The file to create or replace.</param>
    /// <exception cref="CheckpointException">The file can't be written.</exception>
    public void Save(string path)
    {
        var tensors = new Dictionary<string, Tensor>();
        var state = new State(StateVersion, _source.Width, _source.Height, NextFrame, _ledger.Save(), _session.Save(tensors));
        CheckpointWriter.Save(path, tensors, new PlainDictionary([new KeyValuePair<string, object?>(StateEntry, JsonSerializer.Serialize(state))]));
    }

    /// <summary>Goes on where <see cref="Save"/> left off.</summary>
    /// <param name="path">The file that was saved.</param>
    /// <param name="model">The same model. Stays the caller's and should be in evaluation mode.</param>
    /// <param name="source">The same video. It stays the caller's and must live as long as the generator.</param>
    /// <param name="options">The same options.</param>
    /// <exception cref="CheckpointException">The file is missing or damaged, isn't such a state, or is of a video of another size.</exception>
    public static VideoMaskGenerator Resume(string path, Sam2Model model, IFrameSource source, VideoMaskGeneratorOptions? options = null)
    {
        using var checkpoint = Checkpoint.Open(path);
        var generator = new VideoMaskGenerator(model, source, options);
        try
        {
            var state = ReadState(path, checkpoint);
            if (state.Width != source.Width || state.Height != source.Height)
            {
                throw new CheckpointException(
                    path, $"is the state of a video of {state.Width}×{state.Height} pixels, not {source.Width}×{source.Height}", Remedy);
            }

            generator.NextFrame = state.NextFrame;
            generator._ledger.Restore(state.Ledger);
            generator._session.Restore(state.Objects, name => checkpoint.StateDict.TryGetValue(name, out var entry)
                ? entry.Load()
                : throw new CheckpointException(path, $"lacks {name}", Remedy));
            return generator;
        }
        catch
        {
            generator.Dispose();
            throw;
        }
    }

    private const string Remedy = "Delete it to begin anew";

    private static State ReadState(string path, Checkpoint checkpoint)
    {
        if (!checkpoint.Entries.TryGetValue(StateEntry, out var entry) || entry is not string json)
            throw new CheckpointException(path, "isn't a state of segmenting everything in a video", Remedy);
        try
        {
            var state = JsonSerializer.Deserialize<State>(json);
            return state is { Version: StateVersion } ? state : throw new CheckpointException(
                path, $"is a state of version {state?.Version}, not {StateVersion}", Remedy);
        }
        catch (JsonException e)
        {
            throw new CheckpointException(path, $"holds a damaged state ({e.Message})", Remedy, e);
        }
    }

    private sealed record State(
        int Version, int Width, int Height, int NextFrame, MaskletLedger.Snapshot Ledger, IReadOnlyList<VideoSession.ObjectState> Objects);
}
