using Sam2.Torch.Tracking;
using static TorchSharp.torch;

namespace Sam2.Torch.Prediction;

public sealed partial class VideoSession
{
    /// <summary>
    /// Everything that tracking later frames depends on, except the video: the objects and their memories. A session that
    /// restores it goes on as this one does.
    /// </summary>
    /// <param name="tensors">Gets the memories, by names that <see cref="Restore"/> finds them under. They remain the session's.</param>
    internal IReadOnlyList<ObjectState> Save(IDictionary<string, Tensor> tensors)
    {
        using (inference_mode()) RememberPrompts();
        return _objects.ConvertAll(tracked =>
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
        });
    }

    /// <summary>Puts a session without objects into a saved state.</summary>
    /// <param name="objects">What <see cref="Save"/> returned.</param>
    /// <param name="load">Loads a tensor by name, on any device, for the session to keep.</param>
    internal void Restore(IReadOnlyList<ObjectState> objects, Func<string, Tensor> load)
    {
        using var inference = inference_mode();
        foreach (var state in objects)
        {
            var tracked = FindOrAdd(state.Id);
            foreach (var frame in state.Conditioning) tracked.Bank.AddConditioning(frame, Load(frame));
            foreach (var frame in state.Others) tracked.Bank.AddOther(frame, Load(frame));
            tracked.Tracked.Restore(state.Tracked);
            foreach (var (frame, points) in state.Points) tracked.Points[frame] = [.. points.Select(p => (p.X, p.Y, p.Label))];

            FrameOutput Load(int frame)
            {
                using var scope = NewDisposeScope();
                Tensor Get(string part) => load(NameOf(state.Id, frame, part)).to(_model.Device);
                var output = new FrameOutput(Get("mask_logits"), Get("object_pointer"), Get("object_score"));
                output.Remember(Get("memory"));
                return output;
            }
        }
    }

    private static string NameOf(int objectId, int frame, string part) => $"object.{objectId}.frame.{frame}.{part}";

    /// <summary>What is known of an object, without its tensors.</summary>
    internal sealed record ObjectState(
        int Id, IReadOnlyList<int> Conditioning, IReadOnlyList<int> Others, IReadOnlyList<TrackedFrames.Run> Tracked,
        IReadOnlyDictionary<int, List<PromptPoint>> Points);

    /// <summary>A point in pixels of the model's input, with its label.</summary>
    internal readonly record struct PromptPoint(float X, float Y, int Label);
}
