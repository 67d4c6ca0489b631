using Sam2.Torch.Tracking;
using static TorchSharp.torch;

namespace Sam2.Torch.Prediction;

/// <summary>
/// What is known of an object of a session, without its tensors, which are stored beside it by name. A session that restores it goes on
/// as the one that saved it does, provided that the memory policy depends on nothing but the frames that were added to it.
/// </summary>
/// <param name="Id">The caller's name of the object.</param>
/// <param name="Conditioning">Remembered conditioning frames, in order of arrival.</param>
/// <param name="Others">Other frames that are remembered.</param>
/// <param name="Tracked">Which frames were tracked.</param>
/// <param name="Points">Points by frame.</param>
internal sealed record ObjectState(
    int Id, IReadOnlyList<int> Conditioning, IReadOnlyList<int> Others, IReadOnlyList<TrackedFrames.Run> Tracked,
    IReadOnlyDictionary<int, List<ObjectState.PromptPoint>> Points)
{
    /// <summary>Describes an object whose prompts are all remembered.</summary>
    /// <param name="tracked">The object.</param>
    /// <param name="tensors">Gets its memories, by names that <see cref="Restore"/> finds them under. They remain the object's.</param>
    public static ObjectState Save(TrackedObject tracked, IDictionary<string, Tensor> tensors)
    {
        foreach (var frame in tracked.Bank.ConditioningFrames.Concat(tracked.Bank.OtherFrames))
        {
            var output = tracked.Bank.Find(frame)!;
            tensors.Add(NameOf(tracked.Id, frame, "mask_logits"), output.MaskLogits);
            tensors.Add(NameOf(tracked.Id, frame, "object_pointer"), output.ObjectPointer);
            tensors.Add(NameOf(tracked.Id, frame, "object_score"), output.ObjectScore);
            tensors.Add(NameOf(tracked.Id, frame, "memory"), output.Memory!.Features);
        }

        return new ObjectState(
            tracked.Id, [.. tracked.Bank.ConditioningFrames], [.. tracked.Bank.OtherFrames], [.. tracked.Tracked.Runs],
            tracked.Points.ToDictionary(p => p.Key, p => p.Value.ConvertAll(point => new PromptPoint(point.X, point.Y, point.Label))));
    }

    /// <summary>Puts an object of which nothing is known yet into this state.</summary>
    /// <param name="tracked">The object.</param>
    /// <param name="load">Loads a tensor by name, on any device, for the object to keep.</param>
    /// <param name="device">Where the object's tensors belong.</param>
    public void Restore(TrackedObject tracked, Func<string, Tensor> load, Device device)
    {
        foreach (var frame in Conditioning) tracked.Bank.Add(frame, Load(frame), conditioning: true);
        foreach (var frame in Others) tracked.Bank.Add(frame, Load(frame), conditioning: false);
        tracked.Tracked.Restore(Tracked);
        foreach (var (frame, points) in Points) tracked.Points[frame] = [.. points.Select(p => (p.X, p.Y, p.Label))];

        FrameOutput Load(int frame)
        {
            using var scope = NewDisposeScope();
            Tensor Get(string part) => load(NameOf(Id, frame, part)).to(device);
            return new FrameOutput(Get("mask_logits"), Get("object_pointer"), Get("object_score"), Get("memory"));
        }
    }

    private static string NameOf(int objectId, int frame, string part) => $"object.{objectId}.frame.{frame}.{part}";

    /// <summary>A point in pixels of the model's input, with its label.</summary>
    internal readonly record struct PromptPoint(float X, float Y, int Label);
}
