using Sam2.Torch.Modeling;
using Sam2.Torch.Training.Batches;
using Sam2.Torch.Training.Prompts;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

/// <summary>Tracks the objects of a batch of clips, one frame at a time (training/model/sam2.py, <c>forward_tracking</c>).</summary>
internal sealed class ClipTracker(
    Sam2Model model, ForwardSegments segments, PromptPlan plan, ClipPrompts user, ClipBatch clips, ClipFeatures features)
{
    private readonly ClipMemory _memory = new();

    /// <summary>Predicts a frame, corrects it if the plan says so, and remembers it.</summary>
    public FramePrediction Track(int frame, bool becomesConditioning)
    {
        var image = features[frame];
        var prompted = plan.InitialFrames.Contains(frame);
        var masks = clips.Masks[frame].unsqueeze(1);
        var points = prompted && plan.UsePoints ? user.Prompt(masks, plan.BoxFrames.Contains(frame)) : null;
        var maskPrompt = prompted && !plan.UsePoints ? masks.to(float32) : null;

        var steps = new List<PredictionStep>();
        SamHeadsOutput output;
        if (maskPrompt is not null && model.Config.UseMaskInputAsOutputWithoutSam)
        {
            output = model.UseMaskAsOutput(image, maskPrompt);
            var logits = Sam2Model.MaskAsLogits(maskPrompt);
            steps.Add(new(logits, logits.alias(), output.Ious, output.ObjectScores, null));
        }
        else
        {
            var embedding = prompted ? model.ConditionOnNothing(image.Embedding) : ConditionOnMemory(frame, image.Embedding);
            output = Decode(embedding, image.HighRes, points, maskPrompt, prompted);
            steps.Add(Step(output, points));
            for (var i = 0; plan.CorrectedFrames.Contains(frame) && i < user.Corrections; i++)
            {
                points = user.Correct(points, masks, steps[^1].BestMask);
                output = Decode(embedding, image.HighRes, points, output.LowResMasks, prompted);
                steps.Add(Step(output, points));
            }
        }

        Remember(frame, becomesConditioning, image, steps[^1], output);
        return new(steps);
    }

    private Tensor ConditionOnMemory(int frame, Tensor embedding) => model.Config.NumMaskmem == 0
        ? model.ConditionOnNothing(embedding)
        : segments.ConditionOnMemory(embedding, model.GatherMemories(frame, embedding, _memory, clips.FrameCount));

    private SamHeadsOutput Decode(Tensor embedding, HighResFeatures? highRes, PointPrompts? points, Tensor? masks, bool prompted)
    {
        var pointCount = points?.Coordinates.shape[1] ?? 0;
        return segments.Decode(embedding, highRes, points, masks, model.UseMultimask(prompted, pointCount));
    }

    private PredictionStep Step(SamHeadsOutput output, PointPrompts? points)
    {
        var masks = model.UpsampleMasks(output.LowResMultimasks);
        var best = masks.shape[1] == 1 ? masks.alias() : model.UpsampleMasks(output.LowResMasks);
        return new(masks, best, output.Ious, output.ObjectScores, points);
    }

    private void Remember(int frame, bool conditioning, ImageFeatures image, PredictionStep result, SamHeadsOutput output)
    {
        if (model.Config.NumMaskmem == 0) return;
        var memory = model.EncodeMemory(
            image.Embedding, result.BestMask, result.ObjectScores, model.Config.BinarizeMaskFromPtsForMemEnc && result.Points is not null,
            objectsOfOneFrame: clips.ClipCount == 1);
        // Prompted and corrected frames start the recurrence anew.
        memory = result.Points is null && !plan.InitialFrames.Contains(frame)
            ? model.MergeWithPrevious(memory, Sam2Model.PreviousMemory(_memory, frame))
            : model.MergeWithPrevious(memory);
        _memory.Add(frame, conditioning, new(Sam2Model.MemoryAsTokens(memory), output.ObjectPointer));
    }
}
